import type { Connection, NodeTarget, Role } from './connection.js'

/** Makes connections; the seam for your own way to reach a server. */
export interface ConnectionFactory {
  /**
   * Opens one connection that is ready for commands: authenticated, database selected.
   * @param role what the server must be; `undefined` when any role will do
   * @throws {RoleMismatchError} E_ROLE the server is reachable and has the other role
   * @throws {AuthenticationError} E_AUTH
   * @throws {ConnectionError} E_CONNECTION
   */
  connect(target: NodeTarget, role: Role | undefined, signal: AbortSignal): Promise<Connection>
}
