import { Fn, Token } from 'cdktf';
import { ApiAddress, IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { plain } from '../../../core/plain';
import { isKnown } from '../../../core/validation';

/** Where nodes reach the API server before there is a pod network: there is no Service yet. */
export function nodeApiAddress(cluster: IKubernetesCluster): ApiAddress {
  return cluster.nodeApiEndpoint ?? apiAddress(cluster.kubeconfig.host);
}

/** Host and port of the URL of an API server, by Terraform if it isn't known at synth. */
export function apiAddress(url: string): ApiAddress {
  if (isKnown(url)) {
    const { hostname, port } = new URL(url);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 443 : Number(port) };
  }
  const parts = Fn.regex('^https://\\\\[?([^]/]+?)\\\\]?(?::([0-9]+))?/?$', plain(url));
  return {
    host: Token.asString(Fn.element(parts, 0)),
    port: Token.asNumber(Fn.tonumber(Fn.coalesce([Token.asString(Fn.element(parts, 1)), '443']))),
  };
}
