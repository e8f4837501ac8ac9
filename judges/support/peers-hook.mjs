const judges = new URL('../package.json', import.meta.url).href

/** What is not found from where it is imported is looked for here. */
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context)
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
    return next(specifier, { ...context, parentURL: judges })
  }
}
