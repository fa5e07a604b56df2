import { Cni } from '../../../lib/contracts/cni';
import { BarbicanKms } from '../../../lib/kubernetes/addons/barbican-kms/barbican-kms';
import { KeystoneAuth } from '../../../lib/kubernetes/addons/keystone-auth/keystone-auth';
import { Kuryr } from '../../../lib/kubernetes/addons/kuryr/kuryr';
import { NodeProblemDetector } from '../../../lib/kubernetes/addons/node-problem-detector/node-problem-detector';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { local, synthOn } from '../../kubernetes/addons/cluster';
import { literalsOf } from '../../support/expressions';
import type { Block } from '../../support/synth';
import { APISERVER_NEEDS, KUBERNETES, startApiServer } from '../harness/apiserver';
import type { Check } from '../harness/check';

/** Every object that these add-ons hand to Helm as it is, by release. */
function objects(): Block[] {
  const images = { controllerImage: 'registry.example.com/kuryr/controller:10.0.0', cniImage: 'registry.example.com/kuryr/cni:10.0.0' };
  const options = { version: KUBERNETES, cni: Cni.kuryr({ acknowledgeRetired: true, ...images }), podMtu: 1442, trunkPorts: true, routed: true };
  const stack = synthOn({ ...options, caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' }, (scope, cluster) => {
    new OpenstackProvider(scope, 'OpenStack', { cloud: 'prod' });
    new Kuryr(scope, 'Kuryr', { cluster });
    new BarbicanKms(scope, 'Kms', { cluster });
    new NodeProblemDetector(scope, 'Npd', { cluster });
    const resourcePermissions = { 'default/pods': ['get'] };
    new KeystoneAuth(scope, 'Keystone', { cluster, policy: [{ roles: ['member'], projects: ['team'], resourcePermissions }] });
  });
  return Object.values(stack.resources('helm_release')).flatMap((release) =>
    JSON.parse(literalsOf(local(stack, release.values[0]))).objects.map((text: string) => JSON.parse(text)),
  );
}

export const checks: readonly Check[] = [
  {
    name: "a real apiserver takes Kuryr's objects and those of the other add-ons without a chart, and keeps what Kuryr's controller writes",
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context);
      const all = objects();
      // definitions first: the others are judged against them
      const definitions = all.filter(({ kind }) => kind === 'CustomResourceDefinition');
      for (const definition of definitions) await server.kubectl(['apply', '--validate=strict', '-f', '-'], JSON.stringify(definition));
      await server.kubectl(['wait', '--for=condition=Established', 'crd', ...definitions.map(({ metadata }) => metadata.name)]);
      for (const object of all.filter(({ kind }) => kind !== 'CustomResourceDefinition')) {
        await server.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(object)).catch((error: Error) => {
          throw new Error(`${object.kind} ${object.metadata.name}: ${error.message}`);
        });
      }
      context.log(`${all.length} objects`);

      // status lies beside spec: the controller writes both by the same path
      const port = {
        apiVersion: 'openstack.org/v1',
        kind: 'KuryrPort',
        metadata: { name: 'pod', namespace: 'default' },
        spec: { podUid: 'uid', podNodeName: 'node' },
      };
      await server.kubectl(['apply', '-f', '-'], JSON.stringify(port));
      await server.kubectl(['patch', 'kuryrport', 'pod', '--type=merge', '-p', '{"status":{"vifs":{"eth0":{"default":true}}}}']);
      const { stdout } = await server.kubectl(['get', 'kuryrport', 'pod', '-o', 'jsonpath={.status.vifs.eth0.default}']);
      if (stdout !== 'true') throw new Error(`what was written to the status of a KuryrPort reads "${stdout}"`);
      const wrong = JSON.stringify({ ...port, spec: 'none' });
      const refused = await server.kubectl(['apply', '-f', '-'], wrong).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (!refused?.includes('spec')) throw new Error(`a KuryrPort with a text as spec: ${refused ?? 'accepted'}`);
    },
  },
];
