/**
 * Real servers for tests and demos: start at {@link startLab}.
 * @module valkey-cache/lab
 */
export { startLab, type Lab, type LabOptions, type ServerOptions } from './lab.js'
export type { Programs as LabPrograms } from './server/binaries.js'
export type { LabServer, ServerState } from './server/server.js'
export type { LabGroup, AddressChange, SettledOptions, WaitOptions } from './group/group.js'
export type { AddNodeOptions, LabCluster, ReshardOptions } from './cluster/cluster.js'
export type { ClusterOptions } from './cluster/options.js'
export type { GroupOptions } from './group/options.js'
export type { LabProxy } from './proxy/proxy.js'
export type { Dialler, FaultOptions, MessageTest, Peer, PublishedMessage } from './proxy/faults.js'
export type { ServerConfig, TlsFiles } from './server/config-file.js'
export { LabError } from './lab-error.js'
export { freePort } from './ports.js'
export { eventually, type EventuallyOptions } from './eventually.js'
export { startTraffic, type Traffic, type TrafficOptions } from './traffic/traffic.js'
export type { TrafficCounts, TrafficReport } from './traffic/report.js'
export { startStallProbe, type StallProbe } from './traffic/stall-probe.js'
