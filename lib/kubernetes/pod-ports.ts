import { Cni, PodTransport } from '../contracts/cni';

/** What a pod network asks of the ports of all nodes. */
export interface PodPorts {
  readonly allowedAddressPairs?: string[];
  readonly ignoreAddressPairChanges?: boolean;
  readonly trunk?: boolean;
}

/** Neutron drops what a port sends under another address than its own, so pods that send under theirs must be known to it. */
export function podPorts({ podTransport }: Cni, ...podCidrs: (string | undefined)[]): PodPorts {
  if (podTransport === PodTransport.ADDRESS_PAIRS) return { allowedAddressPairs: podCidrs.filter((cidr) => cidr !== undefined) };
  if (podTransport === PodTransport.NEUTRON_ROUTES) return { ignoreAddressPairChanges: true }; // the cloud controller writes them, node by node
  return podTransport === PodTransport.NEUTRON_PORTS ? { trunk: true } : {};
}

/** The ports of control planes that hand the API's address to each other. */
export function withVirtualAddress(ports: PodPorts, address: string | undefined): PodPorts {
  return address === undefined ? ports : { ...ports, allowedAddressPairs: [...(ports.allowedAddressPairs ?? []), address] };
}
