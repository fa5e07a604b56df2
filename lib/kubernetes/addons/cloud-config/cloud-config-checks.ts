import {
  CloudConfigBlockStorage,
  CloudConfigGlobal,
  CloudConfigLoadBalancer,
  CloudConfigLoadBalancerClass,
  CloudConfigMetadata,
  CloudConfigNetworking,
  LoadBalancerMethod,
} from './cloud-config-options';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { parseCidr } from '../../../core/cidr-checks';
import { check, checkInteger, checkUnique, fail, isKnown, Where } from '../../../core/validation';

/** What OVN's load balancers don't have. */
export function checkOvn(where: Where, options: { readonly [option: string]: unknown }): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    fail(where, {
      problem: `${option} needs an amphora load balancer, and this cloud's provider is OVN`,
      value,
      fix: `leave ${option} out, or use LoadBalancerProvider.AMPHORA`,
    });
  }
}

/** Octavia's and Nova's names of zones may have spaces, the controllers' labels may not. */
export function checkZone(where: Where, name: string, zone: string | undefined): void {
  check(where, zone, (value) => /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value), {
    problem: `${name} can't be a label's value: letters, digits, "-", "_" and "." only, 63 characters at most`,
    fix: 'name the zone otherwise in OpenStack, or choose another',
  });
}

export function checkNetworking(where: Where, options: CloudConfigNetworking): void {
  for (const cidr of options.addressSortOrder ?? []) parseCidr(where, 'networking.addressSortOrder', cidr);
}

export function checkLoadBalancer(where: Where, options: CloudConfigLoadBalancer, provider: LoadBalancerProvider): void {
  if (provider === LoadBalancerProvider.OVN) {
    check(where, options.method, (method) => method === LoadBalancerMethod.SOURCE_IP_PORT, {
      problem: "loadBalancer.method must be SOURCE_IP_PORT, the only one that OVN's load balancers have",
      fix: 'leave it out, or use LoadBalancerProvider.AMPHORA',
    });
    checkOvn(where, {
      'loadBalancer.flavorId': options.flavorId,
      'loadBalancer.availabilityZone': options.availabilityZone,
      'loadBalancer.defaultTlsContainerRef': options.defaultTlsContainerRef,
    });
  }
  checkZone(where, 'loadBalancer.availabilityZone', options.availabilityZone);
  if (options.subnetId !== undefined && options.networkId !== undefined) {
    fail(where, { problem: 'loadBalancer has both subnetId and networkId, and the subnet would win in silence', fix: 'give one of them' });
  }
  const monitor = options.monitor ?? {};
  checkInteger(where, 'loadBalancer.monitor.delaySeconds', monitor.delaySeconds, { min: 1, max: 3600 });
  checkInteger(where, 'loadBalancer.monitor.timeoutSeconds', monitor.timeoutSeconds, { min: 1, max: 3600 });
  checkInteger(where, 'loadBalancer.monitor.maxRetries', monitor.maxRetries, { min: 1, max: 10 });
  checkInteger(where, 'loadBalancer.monitor.maxRetriesDown', monitor.maxRetriesDown, { min: 1, max: 10 });
  check(
    where,
    [monitor.timeoutSeconds ?? MONITOR.timeoutSeconds, monitor.delaySeconds ?? MONITOR.delaySeconds],
    ([timeout, delay]) => timeout < delay,
    {
      problem: 'loadBalancer.monitor.timeoutSeconds must be less than delaySeconds, since one probe ends before the next begins',
      fix: 'lower the timeout or raise the delay',
    },
  );
  checkInteger(where, 'loadBalancer.maxSharedLoadBalancers', options.maxSharedLoadBalancers, { min: 1 });
}

/** Octavia's own default timeout, and delays that don't flood the nodes. */
export const MONITOR = { delaySeconds: 10, timeoutSeconds: 5, maxRetries: 1, maxRetriesDown: 3 };

export function checkLoadBalancerClasses(where: Where, classes: readonly CloudConfigLoadBalancerClass[]): void {
  checkUnique(
    where,
    'name of a load-balancer class',
    classes.map(({ name }) => name),
  );
  for (const { name, floatingSubnetId, floatingSubnet, floatingSubnetTags } of classes) {
    if (floatingSubnetId !== undefined || floatingSubnet !== undefined || (floatingSubnetTags ?? []).length > 0) continue;
    fail(where, {
      problem: 'a load-balancer class must say which external subnet it takes floating IPs from',
      value: name,
      fix: 'give floatingSubnetId, floatingSubnet or floatingSubnetTags',
    });
  }
}

export function checkBlockStorage(where: Where, options: CloudConfigBlockStorage): void {
  checkInteger(where, 'blockStorage.nodeVolumeAttachLimit', options.nodeVolumeAttachLimit, { min: 1, max: 256 });
}

export function checkMetadata(where: Where, options: CloudConfigMetadata): void {
  checkUnique(where, 'metadata.searchOrder', options.searchOrder ?? []);
  checkInteger(where, 'metadata.requestTimeoutSeconds', options.requestTimeoutSeconds, { min: 1, max: 3600 });
}

export function checkGlobal(where: Where, { authentication, caCertificatePem, tlsInsecure, clientCertificate }: CloudConfigGlobal): void {
  if (tlsInsecure && caCertificatePem !== undefined) {
    fail(where, { problem: 'global has both caCertificatePem and tlsInsecure, and the CA would not be looked at', fix: 'leave tlsInsecure out' });
  }
  if (clientCertificate !== undefined) checkSecret(where, 'global.clientCertificate.keyPem', clientCertificate.keyPem);
  if (authentication === undefined) return;
  const keys = authentication._keys;
  for (const secret of authentication._secrets) checkSecret(where, `${secret} of the login by ${authentication._name}`, keys[secret]);
  if (!authentication._needsUser) return;
  exactlyOne(where, authentication._name, { userId: keys['user-id'], userName: keys.username });
  if (keys.username !== undefined) {
    exactlyOne(where, authentication._name, { userDomainId: keys['user-domain-id'], userDomainName: keys['user-domain-name'] });
  }
  if (!authentication._needsProject) return;
  exactlyOne(where, authentication._name, { projectId: keys['tenant-id'], projectName: keys['tenant-name'] });
  if (keys['tenant-name'] !== undefined) {
    exactlyOne(where, authentication._name, { projectDomainId: keys['tenant-domain-id'], projectDomainName: keys['tenant-domain-name'] });
  }
}

function checkSecret(where: Where, what: string, secret: string | undefined): void {
  if (!isKnown(secret) || secret === undefined) return;
  fail(where, { problem: `${what} is a literal, and would stand in the synthesised JSON`, fix: 'give a sensitive variable of the stack' });
}

function exactlyOne(where: Where, login: string, options: { readonly [name: string]: string | undefined }): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length === 1) return;
  fail(where, {
    problem: `the login by ${login} needs exactly one of ${Object.keys(options).join(' and ')}`,
    value: given.length === 0 ? undefined : given.join(' and '),
    fix: given.length === 0 ? 'give one of them' : 'leave one out',
  });
}
