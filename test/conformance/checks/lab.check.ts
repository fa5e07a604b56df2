import * as fs from 'node:fs';
import * as path from 'node:path';
import { APISERVER_NEEDS, get, startApiServer } from '../harness/apiserver';
import type { Check } from '../harness/check';
import { Cloud, diff } from '../harness/cloud';
import { exec, run } from '../harness/process';
import { startSshd } from '../harness/sshd';

/** The instruments themselves: each must be able to say no. */
export const checks: readonly Check[] = [
  {
    name: 'the comparison of the cloud names what is left, and nothing else',
    needs: ['openstack'],
    run: async (context) => {
      const cloud = new Cloud(context);
      const before = await cloud.snapshot();
      const made: { [kind: string]: string } = JSON.parse(
        await cloud.python(`
network = cloud.network.create_network(name='left-behind')
subnet = cloud.network.create_subnet(name='left-behind', network_id=network.id, cidr='10.99.0.0/24', ip_version=4)
port = cloud.network.create_port(name='left-behind', network_id=network.id)
group = cloud.network.create_security_group(name='left-behind')
volume = cloud.create_volume(1, name='left-behind', wait=True)
flavor = cloud.compute.create_flavor(name='left-behind', ram=64, vcpus=1, disk=1, is_public=False)
server = cloud.create_server('left-behind', image=cloud.image.find_image('amphora'), flavor=flavor, nics=[{'port-id': port.id}], wait=True)
user = cloud.current_user_id
credential = cloud.identity.create_application_credential(user, name='left-behind')
print(json.dumps({'network': network.id, 'subnet': subnet.id, 'port': port.id, 'security group': group.id, 'volume': volume.id,
                  'flavor': flavor.id, 'server': server.id, 'application credential': credential.id}))
`),
      );
      let there = true;
      const remove = async () => {
        if (!there) return;
        there = false;
        await cloud.python(`
made = json.loads('''${JSON.stringify(made)}''')
cloud.delete_server(made['server'], wait=True)
cloud.identity.delete_application_credential(cloud.current_user_id, made['application credential'])
cloud.compute.delete_flavor(made['flavor'])
cloud.network.delete_port(made['port'])
cloud.network.delete_network(made['network'])
cloud.network.delete_security_group(made['security group'])
cloud.delete_volume(made['volume'], wait=True)
`);
      };
      context.defer(remove);
      const differences = diff(before, await cloud.snapshot());
      for (const [kind, id] of Object.entries(made)) {
        if (!differences.some((line) => line.startsWith(`left: ${kind} ${id}`))) {
          throw new Error(`${kind} ${id} was made and is not named in:\n${differences.join('\n')}`);
        }
      }
      // a group brings its two rules for outgoing traffic
      const strange = differences.filter((line) => !Object.values(made).some((id) => line.includes(id)));
      if (strange.length > 0) throw new Error(`named, and not made here:\n${strange.join('\n')}`);
      await remove();
      await cloud.expectUnchanged(before);
    },
  },
  {
    name: 'the apiserver answers, and refuses what it should',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context);
      const map = (data: unknown) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'default' }, data });
      const apply = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
      await server.kubectl(apply, map({ key: 'value' }));
      const refused = await server.kubectl(apply, map({ key: { not: 'a string' } })).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (!refused?.includes('ConfigMap')) throw new Error(`a ConfigMap with a map as value: ${refused ?? 'accepted'}`);
      const ca = fs.readFileSync(path.join(server.pkiFolder, 'ca.crt'));
      const { status } = await get(server.port, '/api/v1/namespaces', ca);
      if (status !== 403) throw new Error(`namespaces without credentials: ${status} instead of 403`);
      await server.stop();
      const down = await get(server.port, '/readyz', ca).then(
        () => true,
        () => false,
      );
      if (down) throw new Error('the apiserver answers after it was stopped');
      await server.start();
      await server.kubectl(['get', '--raw', '/readyz']);
    },
  },
  {
    name: 'sshd answers on loopback, to its own key alone',
    needs: ['sshd'],
    run: async (context) => {
      const sshd = await startSshd(context);
      const { stdout } = await run('ssh', [...sshd.sshArguments, 'echo $((6 * 7))']);
      if (stdout.trim() !== '42') throw new Error(`the command said ${stdout}`);
      const stranger = path.join(context.folder, 'stranger');
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
      const refused = await exec('ssh', sshd.sshArguments.map((argument) => (argument === sshd.privateKeyFile ? stranger : argument)).concat('true'));
      if (refused.code === 0 || !refused.output.includes('Permission denied')) throw new Error(`a stranger's key: ${refused.code} ${refused.output}`);
      const { stdout: listening } = await run('ss', ['-Hltn', `sport = :${sshd.port}`]);
      if (!/127\.0\.0\.1:/.test(listening) || /0\.0\.0\.0:|\*:\d+ .*0\.0\.0\.0/.test(listening.replace(/0\.0\.0\.0:\*/g, ''))) {
        throw new Error(`it listens elsewhere:\n${listening}`);
      }
    },
  },
];
