import { Fn, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { port, server, synth } from './support';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { StepResource } from '../../lib/core/step-resource';
import { TemplateText } from '../../lib/core/template-text';
import { antiAffinityFor } from '../../lib/nova/anti-affinity';
import { DataVolume } from '../../lib/nova/data-volume';
import { NovaServer } from '../../lib/nova/nova-server';
import { ServerGroup } from '../../lib/nova/server-group';
import { ServerGroupPolicy } from '../../lib/nova/server-group-policy';
import { USER_DATA_LIMIT, userDataLength } from '../../lib/nova/user-data';

const INSTANCE = 'openstack_compute_instance_v2';

describe('guards against what the provider does to servers', () => {
  const instance = synth((ground) => server(ground)).resource(INSTANCE);

  test('a changed image rebuilds in place and wipes the root disk: ignored', () => {
    expect(instance.lifecycle.ignore_changes).toEqual(expect.arrayContaining(['image_id', 'image_name']));
  });

  test('a changed user_data replaces the server: ignored', () => {
    expect(instance.lifecycle.ignore_changes).toContain('user_data');
  });

  test('so do a zone, a key pair, a server group, a config drive and a boot disk: ignored', () => {
    expect(instance.lifecycle.ignore_changes).toEqual(
      expect.arrayContaining(['availability_zone', 'key_pair', 'scheduler_hints', 'config_drive', 'block_device']),
    );
  });

  test('any change in a network block replaces: one explicit port and nothing else', () => {
    expect(instance.network).toEqual([{ port: expect.stringMatching(/^\$\{openstack_networking_port_v2\..+\.id}$/) }]);
  });

  test('security groups on a server override those of its ports: none here', () => {
    expect(instance).not.toHaveProperty('security_groups');
  });

  test('an image by the newest of its name would change under the servers: one lookup without most_recent', () => {
    const stack = synth((ground) => {
      server(ground);
      new NovaServer(ground.stack, 'Second', {
        name: 'node-1',
        flavor: NodeFlavor.named('m1.large'),
        image: NodeImage.byName('ubuntu-24.04-k8s-1.36'),
        port: port(ground, 'node-1'),
        zone: ground.cloud.zones[1],
        userData: '#cloud-config\n',
      });
    });
    expect(Object.values(stack.data('openstack_images_image_v2')).map(({ name, most_recent }) => ({ name, most_recent }))).toEqual([
      { name: 'ubuntu-24.04-k8s-1.36', most_recent: undefined },
    ]);
    expect(Object.values(stack.data('openstack_compute_flavor_v2'))).toHaveLength(1);
    expect(instance).not.toHaveProperty('flavor_name');
    expect(instance).not.toHaveProperty('image_name');
  });

  test('a server boots with a way out, and its network stays until it is gone', () => {
    expect(instance.depends_on).toEqual([expect.stringMatching(/^openstack_networking_router_interface_v2\./)]);
  });
});

describe('boot from a volume', () => {
  const stack = synth((ground) => server(ground, { rootVolume: { sizeGib: 40, type: 'ssd' } }));
  const instance = stack.resource(INSTANCE);
  const volume = stack.resource('openstack_blockstorage_volume_v3');

  test('image_id beside block_device is planned for ever: the volume is made from the image, the server from the volume', () => {
    expect(instance).not.toHaveProperty('image_id');
    expect(instance.block_device).toEqual([
      {
        uuid: expect.stringMatching(/^\$\{openstack_blockstorage_volume_v3\..+\.id}$/),
        source_type: 'volume',
        destination_type: 'volume',
        boot_index: 0,
        delete_on_termination: false,
      },
    ]);
    expect(volume).toMatchObject({ name: 'node-0-root', size: 40, volume_type: 'ssd', availability_zone: 'nova' });
  });

  test('a recreated server fails on volumes that Nova deletes with it: Terraform deletes them', () => {
    expect(instance.block_device[0].delete_on_termination).toBe(false);
  });

  test('a new image replaces no root volume', () => {
    expect(volume.lifecycle.ignore_changes).toEqual(expect.arrayContaining(['image_id', 'volume_type', 'availability_zone']));
  });
});

test('data volumes are attached by resources of their own, so that they are detached before the server goes', () => {
  const stack = synth((ground) => server(ground, { dataVolumes: [new DataVolume(ground.stack, 'Etcd', { name: 'etcd', sizeGib: 20 })] }));
  const attachment = stack.resource('openstack_compute_volume_attach_v2');
  expect(attachment.instance_id).toContain(INSTANCE);
  expect(attachment.volume_id).toContain('openstack_blockstorage_volume_v3');
  expect(attachment).not.toHaveProperty('tag'); // not in 1.54.1
  expect(attachment).not.toHaveProperty('device');
});

test('what the user says reaches the server', () => {
  const stack = synth((ground) => {
    const serverGroup = new ServerGroup(ground.stack, 'Group', { name: 'cp', policy: ServerGroupPolicy.ANTI_AFFINITY });
    const step = new StepResource(ground.stack, 'Before');
    const generation = new StepResource(ground.stack, 'Generation', { triggers: { generation: '2' } });
    server(ground, {
      serverGroup,
      metadata: { cluster: 'prod' },
      tags: ['a'],
      keyPairName: 'ops',
      configDrive: true,
      dependsOn: [step],
      replaceTriggeredBy: [generation],
      createBeforeDestroy: true,
      image: NodeImage.byId('image-id'),
    });
  });
  expect(stack.resource('openstack_compute_servergroup_v2')).toMatchObject({ name: 'cp', policies: ['anti-affinity'] });
  expect(stack.resource(INSTANCE)).toMatchObject({
    image_id: 'image-id',
    scheduler_hints: [{ group: expect.stringContaining('openstack_compute_servergroup_v2') }],
    metadata: { cluster: 'prod' },
    tags: ['a'],
    key_pair: 'ops',
    config_drive: true,
    availability_zone: 'az1',
    depends_on: expect.arrayContaining([expect.stringMatching(/^terraform_data\.Before/)]),
    lifecycle: {
      create_before_destroy: true,
      replace_triggered_by: ['terraform_data.Generation', expect.stringMatching(/^openstack_networking_port_v2\.node-0-port_Port_\w+\.id$/)],
    },
  });
});

test.each([
  [{ name: 'Node_0' }, /test\/Server: name must be lower-case letters, digits and "-".*got "Node_0"/],
  [{ name: 'a'.repeat(64) }, /name must be .* 63 characters at most/],
  [{ metadata: { a: 'x'.repeat(256) } }, /metadata a must have 255 characters at most/],
  [{ zone: { compute: 'az 1', volume: 'nova' } }, /zone.compute must be a name without blanks, got "az 1"/],
  [{ rootVolume: { sizeGib: 0 } }, /rootVolume.sizeGib must be a whole number from 1, got 0/],
  [{ tags: ['a/b'] }, /tags must have/],
])('bad input: %j', (props, message) => {
  expect(() => synth((ground) => server(ground, props))).toThrow(message);
});

test('names, zones and sizes that are references pass', () => {
  const stack = synth((ground) => {
    const text = new TerraformVariable(ground.stack, 'text', { type: 'string' }).stringValue;
    const number = new TerraformVariable(ground.stack, 'number', { type: 'number' }).numberValue;
    server(ground, {
      name: text,
      flavor: NodeFlavor.named(text),
      image: NodeImage.byName(text),
      zone: { compute: text, volume: text },
      rootVolume: { sizeGib: number },
      metadata: { a: text },
      tags: [text],
    });
  });
  expect(stack.resource(INSTANCE).name).toBe('${var.text}');
  expect(stack.resource('openstack_blockstorage_volume_v3').size).toBe('${var.number}');
  expect(stack.text).not.toContain('e+298');
});

describe('user data', () => {
  test('goes encoded where it is known, so that Terraform reads no template in it', () => {
    const text = '#!/bin/sh\necho "${HOME} %{x} \\"" \n';
    const instance = synth((ground) => server(ground, { userData: text })).resource(INSTANCE);
    expect(Buffer.from(instance.user_data, 'base64').toString()).toBe(text);
    expect(instance.lifecycle).not.toHaveProperty('precondition');
  });

  test('that is base64 already isn’t encoded again', () => {
    const encoded = Buffer.from('#cloud-config\n').toString('base64');
    expect(synth((ground) => server(ground, { userData: encoded })).resource(INSTANCE).user_data).toBe(encoded);
  });

  test('over Nova’s 65,535 characters of base64 is an error at synth', () => {
    const fits = 'ä'.repeat(24574); // 49,148 bytes: 65,532 characters
    expect(userDataLength(fits)).toBe(65532);
    expect(() => synth((ground) => server(ground, { userData: fits }))).not.toThrow();
    expect(() => synth((ground) => server(ground, { userData: fits + 'äää' }))).toThrow(
      /test\/Server: userData is longer than 65535 characters of base64, Nova's limit, got 65540; compress it/,
    );
  });

  test('that Terraform renders is measured there, before anything is created', () => {
    const stack = synth((ground) => {
      const secret = new TerraformVariable(ground.stack, 'secret', { type: 'string', sensitive: true }).stringValue;
      server(ground, { userData: new TemplateText(ground.stack, 'Text', { parts: ['#cloud-config\nx: ', Fn.base64encode(secret)] }).base64Gzip });
    });
    const instance = stack.resource(INSTANCE);
    expect(instance.user_data).toMatch(/^\$\{local\.Text_Gzip_\w+}$/);
    const [{ condition, error_message }] = instance.lifecycle.precondition;
    const [, fitting] = condition.match(/^\$\{local\.(Server_UserDataFits_\w+)}$/);
    const fits = stack.json.locals[fitting];
    expect(fits).toMatch(/^\$\{\(length\(.*\) <= 65535\)}$/);
    expect(fits).not.toContain('undefined');
    // A message with a reference to something sensitive would be hidden, or refused.
    expect(error_message).toMatch(/^test\/Server: userData is longer than 65535/);
    expect(error_message).not.toContain('${');
  });

  test('with references in the middle is rendered as a template text of its own', () => {
    const stack = synth((ground) => {
      const token = new TerraformVariable(ground.stack, 'token', { type: 'string' }).stringValue;
      server(ground, { userData: `#!/bin/sh\necho "\${HOME}" ${token}\n` });
    });
    expect(stack.resource(INSTANCE).user_data).toMatch(/^\$\{base64encode\(local\.[\w-]+\)}$/);
    expect(Object.values(stack.json.locals)).toContain('#!/bin/sh\necho "$${HOME}" ${var.token}\n');
  });

  test('has the length that the provider sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = Buffer.from(text).toString('base64');
        expect(userDataLength(encoded)).toBe(encoded.length);
        expect(userDataLength(text + '\n')).toBe(Buffer.from(text + '\n').toString('base64').length);
      }),
    );
    expect(USER_DATA_LIMIT).toBe(65535);
  });
});

describe('anti-affinity', () => {
  test.each([
    [3, 3, ServerGroupPolicy.ANTI_AFFINITY],
    [3, 5, ServerGroupPolicy.ANTI_AFFINITY],
    [3, 2, ServerGroupPolicy.SOFT_ANTI_AFFINITY],
    [3, undefined, ServerGroupPolicy.SOFT_ANTI_AFFINITY],
  ])('hard only with a hypervisor for each: %s servers on %s hosts', (servers, hosts, policy) => {
    expect(antiAffinityFor(servers, hosts)).toBe(policy);
  });

  test('a number of hosts that is a reference isn’t compared', () => {
    synth(({ stack }) => {
      const hosts = new TerraformVariable(stack, 'hosts', { type: 'number' }).numberValue;
      expect(antiAffinityFor(3, hosts)).toBe(ServerGroupPolicy.SOFT_ANTI_AFFINITY);
    });
  });
});
