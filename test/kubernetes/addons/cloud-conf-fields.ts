import fc from 'fast-check';
import { CloudAuthentication } from '../../../lib/kubernetes/addons/cloud-config/cloud-authentication';
import { CloudConfOptions } from '../../../lib/kubernetes/addons/cloud-config/cloud-config-sections';

/** Options of a cloud.conf with the same text in every field that takes any, and the keys under which it must come back. */
export function everyField(text: () => string): { readonly options: CloudConfOptions; readonly expected: Record<string, Record<string, string[]>> } {
  const said: Record<string, Record<string, string[]>> = {};
  const put = (section: string, key: string, value = text()) => {
    ((said[section] ??= {})[key] ??= []).push(value);
    return value;
  };
  const name = text();
  const kind = `LoadBalancerClass "${name}"`;
  const options: CloudConfOptions = {
    global: {
      authentication: CloudAuthentication.password({
        userId: put('Global', 'user-id'),
        projectId: put('Global', 'tenant-id'),
        password: put('Global', 'password'),
      }),
    },
    networking: {
      internalNetworkNames: [put('Networking', 'internal-network-name'), put('Networking', 'internal-network-name')],
      publicNetworkNames: [put('Networking', 'public-network-name')],
    },
    loadBalancer: {
      floatingNetworkId: put('LoadBalancer', 'floating-network-id'),
      floatingSubnetId: put('LoadBalancer', 'floating-subnet-id'),
      floatingSubnet: put('LoadBalancer', 'floating-subnet'),
      floatingSubnetTags: [put('LoadBalancer', 'floating-subnet-tags')],
      subnetId: put('LoadBalancer', 'subnet-id'),
      memberSubnetId: put('LoadBalancer', 'member-subnet-id'),
      flavorId: put('LoadBalancer', 'flavor-id'),
      defaultTlsContainerRef: put('LoadBalancer', 'default-tls-container-ref'),
      ingressHostnameSuffix: put('LoadBalancer', 'ingress-hostname-suffix'),
    },
    loadBalancerClasses: [
      {
        name,
        floatingNetworkId: put(kind, 'floating-network-id'),
        floatingSubnetId: put(kind, 'floating-subnet-id'),
        floatingSubnet: put(kind, 'floating-subnet'),
        floatingSubnetTags: [put(kind, 'floating-subnet-tags')],
        networkId: put(kind, 'network-id'),
        subnetId: put(kind, 'subnet-id'),
        memberSubnetId: put(kind, 'member-subnet-id'),
      },
    ],
    route: { routerId: put('Route', 'router-id') },
    keyManager: { keyId: put('KeyManager', 'key-id') },
  };
  return { options, expected: said };
}

/** Texts dense in what Terraform, gcfg and JSON take for their own. */
export const denseText = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('"', '\\', '#', ';', '=', '[', ']', ' ', '\t', '\n', '$', '{', '}', '%', '${', '%{', '\\n', 'a', ',') },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
  ),
  maxLength: 30,
});
