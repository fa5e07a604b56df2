import { Fn } from 'cdktf';
import { environmentFile, NodeFile } from './cloud-config';
import { check, checkInteger, fail, isKnown, Where } from '../../core/validation';
import { EtcdSnapshots } from '../etcd-snapshots';

/** The files that tell a control-plane node where its snapshots go and what it takes for a slow disk. */
export function snapshotFiles(where: Where, { keep, bucket }: EtcdSnapshots = {}, allowSlowDisk = false): NodeFile[] {
  checkInteger(where, 'controlPlane.snapshots.keep', keep, { min: 2 });
  const settings = { ...(keep !== undefined && { STRATA_SNAPSHOT_KEEP: keep }), ...(allowSlowDisk && { STRATA_SLOW_DISK: 'allow' }) };
  return [
    ...(Object.keys(settings).length > 0 ? [{ path: '/etc/strata/etcd.env', content: environmentFile(settings) }] : []),
    ...(bucket === undefined ? [] : [bucketFile(where, bucket)]),
  ];
}

function base64(text: string): string {
  return isKnown(text) ? Buffer.from(text).toString('base64') : Fn.base64encode(text);
}

function bucketFile(where: Where, { url, region = 'us-east-1', accessKey, secretKey }: NonNullable<EtcdSnapshots['bucket']>): NodeFile {
  const what = 'controlPlane.snapshots.bucket';
  check(where, url, (v) => /^https?:\/\/[^\s"$`\\]+[^/]$/.test(v), {
    problem: `${what}.url must be a URL without a slash at its end`,
    fix: 'write it as https://s3.example.com/backups',
  });
  check(where, region, (v) => /^[A-Za-z0-9-]+$/.test(v), {
    problem: `${what}.region must be a word`,
    fix: 'leave it out, or write it as eu-central-1',
  });
  if (isKnown(secretKey)) {
    fail(where, {
      problem: `${what}.secretKey is a literal, and would stand in the synthesised JSON`,
      fix: 'give a sensitive variable of the stack',
    });
  }
  const variables = {
    STRATA_BUCKET_URL: url,
    STRATA_BUCKET_REGION: region,
    // Whatever characters they have: a shell reads this file.
    STRATA_BUCKET_ACCESS_KEY_BASE64: base64(accessKey),
    STRATA_BUCKET_SECRET_KEY_BASE64: base64(secretKey),
  };
  return { path: '/etc/strata/bucket.env', content: environmentFile(variables), permissions: '0600' };
}
