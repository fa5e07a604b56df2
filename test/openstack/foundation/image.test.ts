import { resolve } from 'node:path';
import { TerraformVariable } from 'cdktf';
import { DiskFormat, Image, ImageProps } from '../../../lib/openstack/foundation/image';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { Synthesised, synthStack } from '../../support/synth';

const SHA256 = 'a'.repeat(64);
const SHA512 = 'b'.repeat(128);
const BASE: ImageProps = { name: 'ubuntu-1', diskFormat: DiskFormat.QCOW2, checksum: `sha256:${SHA256}`, localFilePath: '/images/ubuntu.img' };
const synth = (props: Partial<ImageProps> = {}) => {
  const stack = synthStack((scope) => {
    new OpenstackProvider(scope, 'OpenStack');
    new Image(scope, 'Image', { ...BASE, ...props });
  });
  return readable(stack);
};
/** The image, with what its conditions refer to in its place. */
const readable = ({ json }: Synthesised) => {
  const text = Object.entries(json.locals as Record<string, string>).reduce(
    (all, [name, value]) =>
      all.replaceAll(`local.${name}`, JSON.stringify(value.startsWith('${') ? value.slice(2, -1) : JSON.stringify(value)).slice(1, -1)),
    JSON.stringify(json.resource.openstack_images_image_v2),
  );
  return Object.values<any>(JSON.parse(text))[0];
};

test('a file is checked before it is uploaded, and not needed after', () => {
  const image = synth();
  expect(image).toMatchObject({
    name: 'ubuntu-1',
    container_format: 'bare',
    disk_format: 'qcow2',
    visibility: 'public',
    local_file_path: '/images/ubuntu.img',
    verify_checksum: true,
  });
  expect(image.lifecycle.precondition).toEqual([
    {
      condition: `\${fileexists("/images/ubuntu.img") ? filesha256("/images/ubuntu.img") == "${SHA256}" : true}`,
      error_message: expect.stringContaining('test/Image: image ubuntu-1: the file is not what its sha256 checksum says'),
    },
  ]);
  expect(image.lifecycle).not.toHaveProperty('postcondition');
});

test('where it comes from may change without another upload', () => {
  expect(synth().lifecycle.ignore_changes).toEqual(['local_file_path', 'image_source_url', 'image_cache_path', 'verify_checksum']);
});

test('another name or digest is another image, uploaded before the old one goes', () => {
  const image = (props: Partial<ImageProps> = {}) => {
    const { json } = synthStack((scope) => {
      new OpenstackProvider(scope, 'OpenStack');
      new Image(scope, 'Image', { ...BASE, ...props });
    });
    const [content, ...others] = Object.values<any>(json.resource.terraform_data);
    expect(others).toEqual([]);
    return { triggers: content.triggers_replace, lifecycle: Object.values<any>(json.resource.openstack_images_image_v2)[0].lifecycle };
  };
  const { triggers, lifecycle } = image();
  expect(lifecycle).toMatchObject({ create_before_destroy: true, replace_triggered_by: [expect.stringMatching(/^terraform_data\.Image_Content/)] });
  expect(triggers).toEqual({ name: 'ubuntu-1', digest: SHA256 });
  expect(image({ name: 'ubuntu-2' }).triggers).toEqual({ name: 'ubuntu-2', digest: SHA256 });
  expect(image({ checksum: `sha512:${SHA512}` }).triggers.digest).toBe(SHA512);
  const same = { localFilePath: '/elsewhere/ubuntu.img', checksum: `sha256:${SHA256.toUpperCase()}`, tags: ['a'], minDiskGib: 10 };
  expect(image(same).triggers).toEqual(triggers);
});

test('from a URL, what Glance has computed is checked', () => {
  const image = synth({ localFilePath: undefined, sourceUrl: 'https://images.example.com/x.qcow2', checksum: `sha512:${SHA512.toUpperCase()}` });
  expect(image.lifecycle.postcondition[0].condition).toBe(`\${lookup(self.properties, "os_hash_value", "") == "${SHA512}"}`);
  expect(image.lifecycle).not.toHaveProperty('precondition');
  expect(image).not.toHaveProperty('web_download');
  const md5 = synth({ localFilePath: undefined, sourceUrl: 'https://images.example.com/x.qcow2', checksum: `md5:${'c'.repeat(32)}` });
  expect(md5.lifecycle.postcondition[0].condition).toBe(`\${self.checksum == "${'c'.repeat(32)}"}`);
});

test('a path is relative to the app, ~ to the home of whoever runs Terraform; path and digest may be references', () => {
  expect(synth({ localFilePath: 'images/x.img' }).local_file_path).toBe(resolve('images/x.img'));
  const home = synth({ localFilePath: '~/x.img' });
  expect(home.local_file_path).toBe('${pathexpand("~/x.img")}');
  expect(home.lifecycle.precondition[0].condition).toContain('fileexists(pathexpand("~/x.img"))');
  const image = readable(
    synthStack((scope) => {
      new OpenstackProvider(scope, 'OpenStack');
      const variable = (name: string) => new TerraformVariable(scope, name, {}).stringValue;
      new Image(scope, 'Image', { ...BASE, localFilePath: variable('path'), checksum: `sha256:${variable('digest')}` });
    }),
  );
  expect(image.local_file_path).toBe('${var.path}');
  expect(image.lifecycle.replace_triggered_by).toEqual([expect.stringMatching(/^terraform_data\.Image_Content/)]);
  expect(image.lifecycle.precondition[0].condition).toBe('${fileexists(var.path) ? filesha256(var.path) == lower(var.digest) : true}');
});

test.each<[string, Partial<ImageProps>, RegExp]>([
  ['no source', { localFilePath: undefined }, /an image comes from localFilePath or from sourceUrl, none given; give one of them/],
  ['two sources', { sourceUrl: 'https://images.example.com/x' }, /both given/],
  [
    'another scheme',
    { localFilePath: undefined, sourceUrl: 'ftp://x/y', checksum: `sha512:${SHA512}` },
    /sourceUrl must be an http or https address/,
  ],
  [
    'a checksum without its algorithm',
    { checksum: SHA256 },
    /checksum must be an algorithm and its digest in hex.*write it as md5:<32 hex digits> or sha256/,
  ],
  ['an unknown algorithm', { checksum: `sha1:${'a'.repeat(40)}` }, /checksum must be an algorithm/],
  ['a digest of another length', { checksum: 'sha256:abc' }, /checksum must be an algorithm/],
  [
    'SHA-256 of a URL, which nobody computes',
    { localFilePath: undefined, sourceUrl: 'https://x.example.com/y' },
    /must be one that Glance computes itself, got "sha256"; use sha512/,
  ],
  ['no name', { name: '' }, /name must have 1 to 255 characters/],
  ["Glance's own property", { properties: { os_hash_value: 'x' } }, /a property is one that Glance sets itself, got "os_hash_value"/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
  expect(() => synth(props)).toThrow(/^test\/Image: /);
});
