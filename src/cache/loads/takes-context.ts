import type { Loader, LoaderContext, ManyLoader } from '../options.js'

/** Whether a loader declares its context as a parameter, without which it does not tag its value. */
export function takesContext({ length }: { readonly length: number }): boolean {
  return length > 0
}

/** As {@link takesContext}, of a loader of many values, whose context comes second. */
export function takesManyContext({ length }: { readonly length: number }): boolean {
  return length > 1
}

/** Makes a loader that stands for another: it declares its context where that is said, and is given it in any case. */
export function loaderAs<T>(declares: boolean, load: (context: LoaderContext) => Promise<T>): Loader<T> {
  return declares ? (context) => load(context) : (...[context]) => load(context)
}

/** As {@link loaderAs}, for many values. */
export function manyLoaderAs<T>(
  declares: boolean,
  load: (...given: Parameters<ManyLoader<T>>) => ReturnType<ManyLoader<T>>,
): ManyLoader<T> {
  return declares ? (missing, context) => load(missing, context) : (missing, ...[context]) => load(missing, context)
}
