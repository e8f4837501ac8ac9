/**
 * What users are shown of a statement: members whose comment says `@internal` are left out, and such a constructor is
 * private. A class that is internal as a whole keeps its name alone, for those that are made of it.
 * @returns `text`: the statement with its comment; `nodes`: the syntax trees that it stands for; `hidden`: those left
 * out
 */
export function shownText(node, source) {
  const declaration = node.declaration ?? node
  const comment = commentBefore(node, source)
  if (declaration.type === 'ClassDeclaration' && isInternal(comment)) return opaque(node, declaration, source)
  const hidden = membersOf(declaration).filter((member) => isInternal(commentBefore(member, source)))
  const text = textWithout(hidden, comment?.start ?? node.start, node.end, source)
  return { text: compact(text), nodes: [node], hidden: new Set(hidden) }
}

function opaque(node, { id, typeParameters }, source) {
  const head = source.text.slice(node.start, (typeParameters ?? id).end)
  return { text: `${head} {\n\t#private\n}`, nodes: [typeParameters], hidden: new Set() }
}

const membersOf = ({ type, body }) => (['ClassDeclaration', 'TSInterfaceDeclaration'].includes(type) ? body.body : [])

/** The block comment that stands before a node, with nothing in between. */
function commentBefore({ start }, { text, comments }) {
  const comment = comments.findLast(({ end }) => end <= start)
  return comment !== undefined && text.slice(comment.end, start).trim() === '' ? comment : undefined
}

const isInternal = (comment) => comment !== undefined && /@internal\b/.test(comment.value)

function textWithout(hidden, start, end, source) {
  const starts = [...hidden.map((member) => commentBefore(member, source).start), end]
  const ends = [start, ...hidden.map((member) => member.end)]
  const between = ends.map((from, index) => source.text.slice(from, starts[index]))
  return between.reduce((before, after, index) => before + replacement(hidden[index - 1]) + after)
}

const replacement = ({ kind }) => (kind === 'constructor' ? 'private constructor()' : '')

/** Indented by tabs, without empty lines, and without the semicolons at the ends of lines that are no comments. */
function compact(text) {
  return text
    .replace(/^( {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4))
    .replace(/\n\s*(?=\n)/g, '')
    .replace(/^(?!\s*\/?\*)(.*);$/gm, '$1')
}
