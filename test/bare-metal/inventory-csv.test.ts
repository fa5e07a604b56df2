import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { internal } from './support';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { HostNetwork, NetworkRole } from '../../lib/contracts/host';

const folder = mkdtempSync(join(tmpdir(), 'csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NETWORKS = [internal, { role: NetworkRole.PROVIDER }];

function read(text: string, networks: HostNetwork[] | undefined = NETWORKS): HostInventory {
  const file = join(folder, 'hosts.csv');
  writeFileSync(file, text);
  try {
    return HostInventory.fromFile(file, { networks });
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(`${folder}/`, ''));
  }
}

const HEADER =
  'name,roles,managementAddress,cpuThreads,memory,disks[0].device,disks[0].size,nics[0].name,nics[0].networks,nics[0].address,nics[1].name,nics[1].networks,rack,bmc.address,bmc.verifyCertificate,tags.site';
const GOOD = `${HEADER}
compute-1,compute,10.10.0.1,64,256GiB,/dev/sda,480GB,eno1,internal,10.10.0.1,eno2,provider,7,bmc-1,FALSE,a
control-1,control|network,10.10.0.2,32,131072,/dev/sda,480GB,eno1,internal,10.10.0.2,eno2,,,bmc-2,,
`;

test('a host in each row', () => {
  const [compute, control] = read(GOOD).hosts;
  expect(compute).toMatchObject({
    name: 'compute-1',
    roles: ['compute'],
    cpuThreads: 64,
    memoryMib: 262144,
    rack: '7',
    bmc: { address: 'bmc-1', verifyCertificate: false },
    tags: { site: 'a' },
  });
  expect(compute.nics[1]).toEqual({ name: 'eno2', networks: ['provider'] });
  expect(control).toMatchObject({ roles: ['control', 'network'], memoryMib: 131072, rack: undefined, tags: {} });
  expect(control.nics[1]).toEqual({ name: 'eno2', networks: [] });
});

test.each([
  ['semicolons', (text: string) => text.replaceAll(',', ';')],
  ['tabs', (text: string) => text.replaceAll(',', '\t')],
  ['a byte order mark, line ends of Windows, blank lines', (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n\r\n')}`],
  ['quotes', (text: string) => text.replace('control|network', '"control network"')],
])('the same with %s', (_what, change) => {
  expect(read(change(GOOD)).hosts).toEqual(read(GOOD).hosts);
});

test.each<[string, (text: string) => string, string | RegExp]>([
  [
    'a bad cell, by row and column',
    (t) => t.replace(',32,', ',none,'),
    'hosts.csv:3: hosts[1].cpuThreads must be a whole number from 1 to 8192, got "none"; give a number in that range',
  ],
  ['a cell that is missing', (t) => t.replace('control-1', ''), 'hosts.csv:3: hosts[1].name is missing; add it: a host name of its own'],
  ['a row after a cell of two lines', (t) => t.replace(',7,', ',"r\n7",').replace(',32,', ',0,'), /^hosts\.csv:4: hosts\[1\]\.cpuThreads/],
  [
    'a column that is no field',
    (t) => t.replace('rack', 'rackk'),
    /^hosts\.csv:1: column rackk: rackk is not a field of a host; did you mean rack\?/,
  ],
  [
    'a field of a field that has none',
    (t) => t.replace('rack', 'rack.unit'),
    /^hosts\.csv:1: column rack\.unit: rack\.unit is not a field of a host; end it there/,
  ],
  [
    'a list without a number',
    (t) => t.replace('nics[1].name', 'nics.name'),
    /^hosts\.csv:1: column nics\.name: nics\.name is not a field of a host; write it as nics\[0\]\.address/,
  ],
  [
    'a column for a whole list',
    (t) => t.replace('rack', 'disks'),
    'hosts.csv:1: column disks has fields of its own; give each a column, such as disks[0].…',
  ],
  ['a column without a name', (t) => t.replace('rack', ''), /^hosts\.csv:1: a column has no field of a host, got ""/],
  ['a column twice', (t) => t.replace('rack', 'name'), 'hosts.csv:1: a column is there twice, got "name"; take one of them away'],
  [
    'a name that every object has',
    (t) => t.replace('rack', 'constructor'),
    /^hosts\.csv:1: column constructor: constructor is not a field of a host/,
  ],
  [
    'a row that is too long',
    (t) => t.replace('bmc-2,,', 'bmc-2,,,x'),
    'hosts.csv:3: a row has 17 cells, but there are 16 columns; put a text with a separator in it in quotes, or add the column',
  ],
  ['a quote that does not end', (t) => t.replace('bmc-2', '"bmc-2'), /^hosts\.csv:\d+: the file is not CSV \(Quote Not Closed/],
  ['no row', () => '', 'hosts.csv: the file is empty; begin it with a row of fields: name,roles,managementAddress,cpuThreads,memory,…'],
  ['no hosts', () => HEADER, 'hosts.csv:1: hosts is empty; give at least one host'],
])('%s', (_what, change, message) => {
  expect(change(GOOD)).not.toBe(GOOD);
  expect(() => read(change(GOOD))).toThrow(message instanceof RegExp ? message : new Error(message));
});

test('networks come with the call', () => {
  const file = join(folder, 'alone.csv');
  writeFileSync(file, GOOD);
  expect(() => HostInventory.fromFile(file)).toThrow(/alone\.csv:1: networks is missing; add it: the networks that the hosts share/);
});

test('any text is an inventory or a problem that is told with its file', () => {
  const line = fc.array(fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('name', 'nics[0].name', '"', '64', '__proto__.x', 'tags.__proto__')), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), fc.boolean(), (lines, withHeader) => {
      try {
        read([...(withHeader ? [HEADER] : []), ...lines.map((cells) => cells.join(','))].join('\n'));
      } catch (error) {
        expect((error as Error).message).toMatch(/^hosts\.csv[:]/);
      }
    }),
    { numRuns: 300 },
  );
  expect(({} as any).x).toBeUndefined();
});
