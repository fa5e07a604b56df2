import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { openstackProgram } from '../../../lib/core/openstack-program';
import { VolumeEncryptionFormat, VolumeType, VolumeTypeProps, QosConsumer } from '../../../lib/openstack/foundation/volume-type';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { synthStack } from '../../support/synth';

const synth = (props: Partial<VolumeTypeProps> = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    new VolumeType(stack, 'Type', { name: 'fast', ...props });
  });

test('a type for everybody, without limits and encryption', () => {
  const stack = synth({ backendName: 'ceph-ssd', extraSpecs: { multiattach: '<is> True' } });
  expect(stack.resource('openstack_blockstorage_volume_type_v3')).toMatchObject({
    name: 'fast',
    is_public: true,
    extra_specs: { multiattach: '<is> True', volume_backend_name: 'ceph-ssd' },
  });
  expect(Object.keys(stack.json.resource)).toEqual(['openstack_blockstorage_volume_type_v3']);
});

test('a type for some projects', () => {
  const stack = synth({ projects: { prod: 'p1', test: 'p2' } });
  expect(stack.resource('openstack_blockstorage_volume_type_v3')).toMatchObject({ is_public: false });
  expect(
    Object.values(stack.resources('openstack_blockstorage_volume_type_access_v3'))
      .map(({ project_id }) => project_id)
      .sort(),
  ).toEqual(['p1', 'p2']);
});

test("limits by Cinder's names, tied to the type", () => {
  const stack = synth({ qos: { readIops: 500, writeIops: 300, totalBytesPerSecond: 1_000_000, specs: { read_iops_sec_max: '900' } } });
  expect(stack.resource('openstack_blockstorage_qos_v3')).toMatchObject({
    name: 'fast',
    consumer: 'front-end',
    specs: { read_iops_sec: '500', write_iops_sec: '300', total_bytes_sec: '1000000', read_iops_sec_max: '900' },
  });
  expect(stack.resource('openstack_blockstorage_qos_association_v3').volume_type_id).toContain('openstack_blockstorage_volume_type_v3');
});

test('the step that encrypts runs again when the encryption changes, and takes its credentials from a file', () => {
  const step = synth({
    encryption: { format: VolumeEncryptionFormat.LUKS2 },
    adminAccess: { cloud: 'prod', cloudsYamlPath: '~/clouds.yaml' },
  }).resource('terraform_data');
  const wanted = { provider: 'luks2', cipher: 'aes-xts-plain64', key_size: 256, control_location: 'front-end' };
  expect(JSON.parse(step.triggers_replace.ENCRYPTION)).toEqual(wanted);
  expect(step.input).toMatchObject({ cloud: 'prod', cloudsYaml: '~/clouds.yaml' });
  const [{ 'local-exec': run }] = step.provisioner;
  expect(run).toMatchObject({ interpreter: ['node', '-e'], quiet: true, when: 'create' });
  expect(run.environment).toMatchObject({
    STRATA_TASK: 'encrypt-volume-type',
    STRATA_TYPE: '${self.input.TYPE}',
    STRATA_CLOUD: '${self.input.cloud}',
  });
});

test.each([
  [{}, /neither OS_CLOUD nor OS_AUTH_URL is set\. It runs with an administrator's credentials/],
  [{ STRATA_CLOUD: 'prod', STRATA_CLOUDS_YAML: '/none/clouds.yaml' }, /there is no clouds\.yaml for the cloud prod \(\/none\/clouds\.yaml\)/],
  [
    { OS_AUTH_URL: 'http://127.0.0.1:1/v3', OS_USERNAME: 'admin', OS_PASSWORD: 's3cret-word' },
    /encrypt-volume-type: POST http:\/\/127\.0\.0\.1:1\/v3\/auth\/tokens: connect ECONNREFUSED/,
  ],
])('without a cloud the step ends, and says what it needs: %#', (env, message) => {
  const program = openstackProgram(join(__dirname, '../../../lib/openstack/foundation/admin-step.cjs'));
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], { env: { STRATA_TASK: 'encrypt-volume-type', ...env }, encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
  expect(stderr).not.toContain('s3cret-word');
});

test.each<[string, Partial<VolumeTypeProps>, RegExp]>([
  ['no name', { name: '' }, /name must have 1 to 255/],
  ['no project', { projects: {} }, /projects must name a project/],
  ['a limit and its parts', { qos: { totalIops: 5, readIops: 5 } }, /total_iops_sec and read_iops_sec/],
  ['two totals', { qos: { totalIops: 5, totalIopsPerGib: 5 } }, /total_iops_sec and total_iops_sec_per_gb/],
  ['a limit of nothing', { qos: { totalIops: 0 } }, /whole number from 1/],
  ['limits without one', { qos: {} }, /qos has no limit/],
  ['a limit twice', { qos: { readIops: 5, specs: { read_iops_sec: '6' } } }, /read_iops_sec twice/],
  ["the hypervisor's limits for the storage", { qos: { consumer: QosConsumer.BACK_END, readIops: 5 } }, /its consumer is the storage/],
  ['a back end twice', { backendName: 'a', extraSpecs: { volume_backend_name: 'b' } }, /say the same/],
  ['a key that QEMU has no cipher for', { encryption: { keySizeBits: 512 } }, /128, 192 or 256/],
  ['half a cipher', { encryption: { cipher: 'aes' } }, /a cipher, a mode/],
])('%s is an error', (_, props, message) => expect(() => synth(props)).toThrow(message));
