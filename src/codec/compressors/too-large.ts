/** More would come out than may; the code is that of node:zlib. */
export class TooLargeError extends RangeError {
  readonly code = 'ERR_BUFFER_TOO_LARGE'

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`)
  }
}
