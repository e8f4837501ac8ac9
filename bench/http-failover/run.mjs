export async function playHttpFailover() {
  return 0
}
