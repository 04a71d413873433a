/** What the bench tells its fleet to be. */
export interface FleetOrder {
  readonly count: number;
  /** Milliseconds that everything takes in each direction. */
  readonly oneWayMs: number;
  /** One node in ten takes so many milliseconds more for its answer. */
  readonly slowMs: number;
  /** PEM, of the one host key of them all. */
  readonly hostKey: string;
}

/** What the fleet says once it listens. */
export interface FleetWord {
  readonly ports: readonly number[];
}

export const podsOfEach = 10;

export function fleetPodUid(node: number, pod: number): string {
  const hex = (number: number, length: number): string => number.toString(16).padStart(length, "0");
  return `0b6c2a91-4ad1-4e0f-${hex(pod, 4)}-${hex(node, 12)}`;
}

export function fleetContainerId(pod: number): string {
  return pod.toString(16).padStart(64, "a");
}
