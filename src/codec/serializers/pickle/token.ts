/** What a pickle handles on its way to a value and what is none itself: it may not end up in one. */
export abstract class Token {}

/** A class or function of Python by its name. It does what we say here, and nothing else. */
export class Global extends Token {
  readonly name: string
  readonly behaviour: Behaviour

  constructor(name: string, behaviour: Behaviour = {}) {
    super()
    this.name = name
    this.behaviour = behaviour
  }
}

/** What a global makes of its arguments, for REDUCE and for NEWOBJ. */
export interface Behaviour {
  readonly call?: Make
  readonly create?: Make
}

/** Throws when Python never writes such arguments. */
export type Make = (args: readonly unknown[], work: Work) => unknown

/** To be told the length of an argument before it is gone through; throws when that adds up to too much. */
export type Work = (length: number) => void

/** A tuple that holds tokens: arguments, such as the class in `getattr(ZoneInfo, '_unpickle')`. */
export class TokenTuple extends Token {
  readonly items: readonly unknown[]

  constructor(items: readonly unknown[]) {
    super()
    this.items = items
  }
}

/** An object that BUILD has yet to give its state. */
export class Unbuilt extends Token {
  readonly name: string
  readonly build: (state: unknown) => unknown

  constructor(name: string, build: (state: unknown) => unknown) {
    super()
    this.name = name
    this.build = build
  }
}
