import { DataKubernetesResources } from '@cdktf/provider-kubernetes/lib/data-kubernetes-resources';
import { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import { PersistentVolumeClaimV1 } from '@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1';
import { ITerraformDependable, Lazy, Precondition, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { growsOnly, keepsSource } from './claim-guard';
import { VolumeAccessMode, VolumeSource } from './volume-claim';
import { gibToQuantity } from '../core/quantity';
import { inSameStack } from '../core/same-stack';
import { describe } from '../core/validation';

/** A claim, settled. */
export interface ClaimFacts {
  readonly name: string;
  readonly namespace: string;
  readonly labels: { readonly [label: string]: string };
  readonly sizeGib: number;
  readonly storageClass?: string;
  readonly accessMode: VolumeAccessMode;
  readonly rawBlock?: boolean;
  readonly source?: VolumeSource;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * A claim that never loses its data to a plan: it grows in place, and what can only be had by replacing it is refused while planning.
 *
 * The provider replaces a claim whose size is lowered, and its claims know no source; one with a source is a manifest, which is replaced for whatever
 * the API server calls immutable. So the claim that is there is read first, and the plan fails if it is larger or came from elsewhere.
 */
export function makeClaim(scope: Construct, id: string, facts: ClaimFacts): TerraformResource {
  const { name, namespace, source } = facts;
  const dependsOn = [...facts.dependsOn, ...(inSameStack(scope, source?._dependsOn ?? []) ?? [])];
  const found = new DataKubernetesResources(scope, `${id}-Found`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    namespace,
    fieldSelector: `metadata.name=${name}`,
  });
  const metadata = { name, namespace, labels: { ...facts.labels } };
  const common = { dependsOn, lifecycle: { precondition: guards(scope, found, facts) } };
  const requests = { storage: gibToQuantity(facts.sizeGib) };
  if (source !== undefined) {
    return new Manifest(scope, id, {
      ...common,
      manifest: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata,
        spec: {
          accessModes: [facts.accessMode],
          ...(facts.rawBlock && { volumeMode: 'Block' }),
          ...(facts.storageClass !== undefined && { storageClassName: facts.storageClass }),
          resources: { requests },
          dataSource: {
            ...(source.kind === 'VolumeSnapshot' && { apiGroup: 'snapshot.storage.k8s.io' }),
            kind: source.kind,
            name: source.sourceName,
          },
        },
      },
    });
  }
  return new PersistentVolumeClaimV1(scope, id, {
    ...common,
    metadata,
    spec: {
      accessModes: [facts.accessMode],
      ...(facts.rawBlock && { volumeMode: 'Block' }),
      storageClassName: facts.storageClass,
      resources: { requests },
    },
    // It is bound when its pod comes, and the pod waits for it.
    waitUntilBound: false,
    lifecycle: {
      ...common.lifecycle,
      // Whatever else changed would be a new volume, without the data.
      ignoreChanges: ['spec[0].storage_class_name', 'spec[0].access_modes', 'spec[0].volume_mode', 'spec[0].volume_name'],
    },
  });
}

function guards(scope: Construct, found: DataKubernetesResources, { name, sizeGib, source }: ClaimFacts): Precondition[] {
  const condition = (make: (objects: string) => string) =>
    Lazy.stringValue({ produce: () => make(`data.${found.terraformResourceType}.${found.friendlyUniqueId}.objects`) });
  const wanted = source ? `${source.kind} ${source.sourceName}` : 'no source';
  return [
    {
      condition: condition((objects) => growsOnly(objects, sizeGib)),
      errorMessage: describe(scope, {
        problem: `the volume of the claim ${name} can't shrink: it would be made anew, without its data; it is larger than sizeGib`,
        value: sizeGib,
        fix: 'give the size that it has, or copy the data to another claim',
      }),
    },
    {
      condition: condition((objects) => keepsSource(objects, source)),
      errorMessage: describe(scope, {
        problem: `the source of the claim ${name} can't change: it would be made anew, without its data; it was made from another`,
        value: wanted,
        fix: 'give the source that it was made from, or make another claim',
      }),
    },
  ];
}
