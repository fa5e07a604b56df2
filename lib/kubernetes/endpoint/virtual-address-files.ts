import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFile, NodeFile } from '../bootstrap/cloud-config';

const PROGRAM = 'strata-vip';

/** How keepalived holds an address. */
export interface Keepalived {
  readonly virtualRouterId: number;
  readonly takeoverSeconds?: number;
}

/** The files by which control planes hold the API's address by keepalived. */
export function virtualAddressFiles({ virtualRouterId, takeoverSeconds }: Keepalived): NodeFile[] {
  const settings = { STRATA_VRID: virtualRouterId, ...(takeoverSeconds !== undefined && { STRATA_TAKEOVER: takeoverSeconds }) };
  return [
    { path: '/etc/strata/vip.env', content: environmentFile(settings) },
    { path: `/usr/local/lib/strata/${PROGRAM}.sh`, content: file(`${PROGRAM}.sh`), permissions: '0755' },
    { path: `/etc/systemd/system/${PROGRAM}.service`, content: file(`${PROGRAM}.service`) },
    { path: '/etc/systemd/system/strata-boot.service.d/30-strata-vip.conf', content: file('wants-vip.conf') },
  ];
}

function file(name: string): string {
  return readFileSync(join(__dirname, name), 'utf8');
}
