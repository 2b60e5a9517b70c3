import type { Connector } from '@sluice/connector-sdk';
import type { Bus, Clock, Coordination, Signals, Store, WorkerOrders, WorkerReport } from '@sluice/ports';
import type { RunControl } from '../../services/coordinator/src/control.ts';
import type { SimServer, SimSession } from './sim-target.ts';

/** What a schedule does wrong on purpose: a rule of the protocol that is taken out of what the real modules work with. */
export interface Sabotage {
  readonly session?: (session: SimSession) => SimSession;
  readonly connector?: (connector: Connector, server: SimServer) => Connector;
  /** A worker's bus. */
  readonly bus?: (bus: Bus) => Bus;
  readonly signals?: (signals: Signals) => Signals;
  /** What the coordinator's orders say to the workers, and what workers' reports say to it. */
  readonly orders?: (orders: WorkerOrders) => WorkerOrders;
  readonly report?: (report: WorkerReport) => WorkerReport;
  readonly claim?: (claim: Coordination['claimChannel']) => Coordination['claimChannel'];
  /** A coordinator's store and clock. */
  readonly store?: (store: Store) => Store;
  readonly clock?: (clock: Clock) => Clock;
  /** What people reach of a coordinator. */
  readonly control?: (control: RunControl) => RunControl;
  /** The store takes any number of active runs of a task. */
  readonly anyActive?: boolean;
}
