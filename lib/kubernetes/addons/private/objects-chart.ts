import { Release } from '@cdktf/provider-helm/lib/release';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { Addon } from './addon';
import { KubernetesObject, objectsChart, objectsValues } from '../../../core/objects-chart';

/** Objects that are installed together. */
export interface ObjectsInstallation {
  readonly releaseName: string;
  readonly namespace: string;
  readonly createNamespace?: boolean;
  readonly objects: readonly KubernetesObject[];
  readonly dependsOn?: ITerraformDependable[];
  readonly timeoutSeconds?: number;
}

/** Installs objects as a Helm release of their own. */
export function installObjects(addon: Addon, scope: Construct, id: string, props: ObjectsInstallation): Release {
  const { objects, ...installation } = props;
  return addon.install(id, { ...installation, chart: objectsChart(scope, `${id}Chart`), values: [objectsValues(objects)] });
}

/** A definition that stays when its release goes: with it, everything of its kind would be deleted. */
export function keptDefinition(definition: KubernetesObject): KubernetesObject {
  const { metadata } = definition;
  return { ...definition, metadata: { ...metadata, annotations: { ...metadata.annotations, 'helm.sh/resource-policy': 'keep' } } };
}
