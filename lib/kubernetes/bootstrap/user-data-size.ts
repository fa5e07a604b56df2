import { gzipSync } from 'node:zlib';
import { fail, Where } from '../../core/validation';

/** Nova's limit (MAX_USERDATA_SIZE), in characters of base64. */
export const USER_DATA_LIMIT = 65535;

/** What a text takes as user_data, compressed and in base64. References count by their markers, so a text of literals alone is counted exactly. */
export function userDataSize(text: string): number {
  return 4 * Math.ceil(gzipSync(Buffer.from(text)).length / 3);
}

/** Throws if what is known of a cloud-config is already too long. Terraform checks the whole of it before it makes anything. */
export function checkUserDataSize(where: Where, text: string): void {
  const size = userDataSize(text);
  if (size <= USER_DATA_LIMIT) return;
  fail(where, {
    problem: `the nodes' user data is longer than ${USER_DATA_LIMIT} characters of base64, Nova's limit, though it is compressed`,
    value: size,
    fix: 'put less into cloudInit: let nodes fetch what is large, or build it into the image',
  });
}
