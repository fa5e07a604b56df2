/** Protocol of a port. */
export enum ServiceProtocol {
  /** TCP. */
  TCP = 'TCP',
  /** UDP. */
  UDP = 'UDP',
  /** SCTP, where the pod network carries it. */
  SCTP = 'SCTP',
}

/** A further port of a container. */
export interface ContainerPort {
  /** Its name: lower-case letters, digits and "-", 15 characters at most. Services may name it. */
  readonly name: string;
  /** Its number, 1 to 65535. */
  readonly port: number;
  /** @default ServiceProtocol.TCP */
  readonly protocol?: ServiceProtocol;
}

/** A further port of a Service. */
export interface ServicePort {
  /** Its name: lower-case letters, digits and "-", 15 characters at most. "main" is the first one's. */
  readonly name: string;
  /** Its number, 1 to 65535. */
  readonly port: number;
  /**
   * Port that the pods listen on.
   * @default - the same
   */
  readonly targetPort?: number;
  /** @default ServiceProtocol.TCP */
  readonly protocol?: ServiceProtocol;
}
