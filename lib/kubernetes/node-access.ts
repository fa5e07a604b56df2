import { createHash } from 'node:crypto';
import { Annotations, Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { mergedNodeOptions } from './bootstrap/node-option-files';
import { ClusterOptions } from './cluster-options';
import { ControlPlaneProps } from './worker-pool';
import { IClusterNetwork } from '../contracts/cluster-network';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { describe, fail, isKnown } from '../core/validation';
import { Bastion } from '../nova/bastion';
import { ComputeKeypairV2 } from '../providers/openstack/compute-keypair-v2';

type AccessOptions = ClusterOptions & { readonly clusterName: string };

/** The key pair that every server is born with: it can't be added on the worst day. */
export function nodeKeyPair(scope: Construct, props: AccessOptions): string | undefined {
  const { clusterName, keyPairName, sshPublicKey } = props;
  if (sshPublicKey !== undefined) {
    const keyPair = new ComputeKeypairV2(scope, 'KeyPair', {
      // Another key is another pair: servers that are born from then on have it, and the former ones keep theirs, in a file of their own.
      name: `${clusterName}-${fingerprint(sshPublicKey)}`,
      publicKey: sshPublicKey,
      lifecycle: { createBeforeDestroy: true },
    });
    return keyPair.name;
  }
  if (keyPairName === undefined && ![props.controlPlane, ...props.workerPools].every((own) => hasOwnAccess(props, own))) {
    Annotations.of(scope).addWarning(
      describe(scope, {
        problem: 'nodes are born without a key pair, and none can be added later: on the worst day nobody can log in to them',
        fix: 'give keyPairName or sshPublicKey, or nodeOptions.sshTrustedUserCaKeys; SSH stays closed until a bastion or sshAllowedCidrs is asked for',
      }),
    );
  }
  return keyPairName;
}

/** Whether somebody may log in to such nodes without a key pair. */
function hasOwnAccess(cluster: AccessOptions, own: Pick<ControlPlaneProps, 'cloudInit' | 'nodeOptions'>): boolean {
  const { sshTrustedUserCaKeys = [] } = mergedNodeOptions(cluster.nodeOptions, own.nodeOptions);
  const modules = ['ssh_authorized_keys', 'users', 'ssh_import_id', 'write_files'];
  return sshTrustedUserCaKeys.length > 0 || [cluster, own].some(({ cloudInit = {} }) => modules.some((module) => Object.hasOwn(cloudInit, module)));
}

/** Tells keys apart. What stands behind the key itself is a comment. */
function fingerprint(key: string): string {
  if (isKnown(key)) return createHash('sha256').update(key.trim().split(/\s+/).slice(0, 2).join(' ')).digest('hex').slice(0, 8);
  return Token.asString(Fn.substr(Fn.sha256(Fn.join(' ', Fn.slice(Fn.split(' ', Fn.trimspace(key)), 0, 2))), 0, 8));
}

/** The bastion, if one is asked for. */
export function nodeBastion(
  scope: Construct,
  { bastion, clusterName, cloud }: AccessOptions & { readonly cloud: IOpenStackCloud },
  network: IClusterNetwork,
  keyPairName: string | undefined,
  tags: string[],
): Bastion | undefined {
  if (bastion === undefined) return undefined;
  if (keyPairName === undefined) {
    fail(scope, { problem: 'a bastion without a key pair would let nobody in', fix: 'give keyPairName or sshPublicKey' });
  }
  return new Bastion(scope, 'Bastion', { ...bastion, name: `${clusterName}-bastion`, network, keyPairName, zone: cloud.zones[0], tags });
}
