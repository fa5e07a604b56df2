import { check, Where } from './validation';

/** RFC 1123 label, what Kubernetes takes as the name of a Service, a namespace, or one part of a host name. */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** RFC 1123 subdomain, what Kubernetes takes as the name of a node or a StorageClass. */
const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/**
 * The name of a cluster becomes part of server, load-balancer and security-group names, and controllers find a cluster's things by it:
 * no dots, no underscores (they separate the parts of `kube_service_<cluster>_<namespace>_<service>`), and short enough for a node's name.
 */
const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** Throws unless the name is an RFC 1123 label of up to `max` characters. */
export function checkDnsLabel(where: Where, name: string, value: string | undefined, max = 63): void {
  check(where, value, (v) => DNS_LABEL.test(v) && v.length <= max, {
    problem: `${name} must be lower-case letters, digits and "-", begin and end with a letter or digit, and have ${max} characters at most`,
    fix: 'choose a name of that form',
  });
}

/** Throws unless the name is an RFC 1123 subdomain. */
export function checkDnsSubdomain(where: Where, name: string, value: string | undefined): void {
  check(where, value, (v) => DNS_SUBDOMAIN.test(v), {
    problem: `${name} must be lower-case labels of letters, digits and "-", joined by dots`,
    fix: 'choose a name of that form',
  });
}

/** Throws unless the name can be a cluster's. */
export function checkClusterName(where: Where, value: string | undefined): void {
  check(where, value, (v) => CLUSTER_NAME.test(v), {
    problem: 'clusterName must be lower-case letters, digits and "-", begin and end with a letter or digit, and have 40 characters at most',
    fix: 'choose a name of that form, unique in its project',
  });
}
