// Sets a machine's boot disk and storage layout in MAAS, between its commissioning and its deployment: MAAS's Terraform provider has no resource for either.
// Runs where Terraform runs and needs nothing but Node. It may be cut off at any point and run again: MAAS makes the whole layout anew each time. A machine
// that is deployed is left alone.
//
// MAAS_API_URL        MAAS, as the provider has it: http://maas.example.com:5240/MAAS
// MAAS_API_KEY        the key of an administrator: MAAS lets nobody else do this
// MAAS_API_CACERT     path of the CA that signed MAAS's certificate, if the system doesn't trust it
// STRATA_MACHINE      the machine's id in MAAS
// STRATA_NAME         the host's name, for messages
// STRATA_LAYOUT       what set_storage_layout is told (JSON); empty: MAAS's own default layout
// STRATA_ROOT_DEVICE  hints by which the disk is found (JSON); empty: the boot disk that MAAS has chosen
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');

const { env } = process;
const say = (text) => console.log('host ' + env.STRATA_NAME + ': ' + text);

class Defect extends Error {}
const defect = (problem, fix) => {
  throw new Defect(problem + '; ' + fix);
};

// --- MAAS's API ----------------------------------------------------------------------------------------------------------------------

const CREDENTIALS = 'set it where Terraform runs, as for the provider';

function connection() {
  if (!env.MAAS_API_URL) defect('MAAS_API_URL is not set', CREDENTIALS + ': http://maas.example.com:5240/MAAS');
  if (!env.MAAS_API_KEY) defect('MAAS_API_KEY is not set', CREDENTIALS);
  const base = env.MAAS_API_URL.replace(/\/+$/, '').replace(/(\/api\/2\.0)?$/, '/api/2.0');
  if (!/^https?:\/\/[^/]/.test(base)) defect('MAAS_API_URL is no URL, got ' + JSON.stringify(env.MAAS_API_URL), 'write it like http://maas.example.com:5240/MAAS');
  const parts = env.MAAS_API_KEY.trim().split(':');
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) {
    defect("MAAS_API_KEY has not the form of MAAS's keys", 'take the whole of what MAAS shows as the API key: three parts with colons between');
  }
  let ca;
  try {
    ca = env.MAAS_API_CACERT ? fs.readFileSync(env.MAAS_API_CACERT) : undefined;
  } catch (error) {
    defect('MAAS_API_CACERT can not be read: ' + error.message, 'give the path of a file with the CA, or none');
  }
  return { base, parts, ca };
}

/** OAuth 1.0 with the method PLAINTEXT: the first part is the consumer, whose secret is empty. MAAS takes each nonce once. */
function authorization([consumer, token, secret]) {
  const fields = {
    oauth_version: '1.0',
    oauth_signature_method: 'PLAINTEXT',
    oauth_consumer_key: consumer,
    oauth_token: token,
    oauth_signature: '&' + secret,
    oauth_nonce: crypto.randomBytes(16).toString('hex'),
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
  };
  return 'OAuth ' + Object.entries(fields).map(([name, value]) => name + '="' + encodeURIComponent(value) + '"').join(', ');
}

function request({ base, parts, ca }, method, path, form) {
  return new Promise((resolve, reject) => {
    const text = form === undefined ? '' : new URLSearchParams(form).toString();
    const headers = { accept: 'application/json', authorization: authorization(parts), 'content-length': Buffer.byteLength(text) };
    if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    const client = base.startsWith('https:') ? https : http;
    const options = { method, headers, timeout: 60000, ...(ca && { ca }) };
    const sent = client.request(base + path, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece) => (body += piece));
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in 60 s'))).on('error', reject).end(text);
  });
}

/** A call whose answer is a success. What passes (a region controller that restarts, a busy database) is tried three times. */
async function ask(maas, method, path, form) {
  const what = method + ' ' + maas.base + path;
  for (let attempt = 1; ; attempt++) {
    const answer = await request(maas, method, path, form).catch((error) => ({ status: 0, body: error.message || error.code }));
    const { status, body } = answer;
    const said = body.trim().slice(0, 400);
    if (status >= 200 && status < 300) return body;
    if ([0, 502, 503, 504].includes(status) && attempt < 3) {
      await new Promise((resolve) => setTimeout(resolve, attempt * 1000));
      continue;
    }
    if (status === 0) defect('MAAS does not answer: ' + what + ': ' + said, 'see that MAAS_API_URL is right and reachable from here, and apply again');
    if (status === 401) defect('MAAS refuses the key in MAAS_API_KEY (' + said + ')', "give one that is valid, of an administrator: `maas apikey --username <user>` shows it");
    if (status === 403) defect('the owner of the key in MAAS_API_KEY may not do this (' + said + ')', 'use the key of an administrator of MAAS');
    if (status === 404) defect(what + ' says 404: ' + said, 'see that MAAS_API_URL ends where /api/2.0 begins, and that the machine is still in MAAS');
    if (status >= 300 && status < 400) defect(what + ' leads elsewhere (' + status + ')', 'write MAAS_API_URL as it leads, with https if MAAS wants it');
    defect(what + ' says ' + status + ': ' + said, 'mend what it says and apply again');
  }
}

async function readMachine(maas) {
  const path = '/machines/' + encodeURIComponent(env.STRATA_MACHINE) + '/';
  const body = await ask(maas, 'GET', path);
  try {
    const machine = JSON.parse(body);
    if (typeof machine.status_name === 'string' && Array.isArray(machine.blockdevice_set)) return machine;
  } catch {
    // told below
  }
  return defect(maas.base + path + " answers, but not as MAAS's API does", 'see that MAAS_API_URL ends where /api/2.0 begins: http://maas.example.com:5240/MAAS');
}

// --- the disk ------------------------------------------------------------------------------------------------------------------------

const GIB = 2 ** 30;
const lower = (text) => String(text || '').trim().toLowerCase();
const wwn = (text) => lower(text).replace(/^0x/, '');

/** MAAS has a disk's world-wide name as part of the link by which it finds it: wwn-0x5000c5…, nvme-eui.0025…, scsi-35000c5…. */
const wwnOf = ({ id_path: link }) => lower(link).replace(/^.*\//, '').replace(/^(wwn-0x|nvme-|scsi-3)/, '');

const HINTS = {
  deviceName: (disk, name) => disk.id_path === name || '/dev/' + disk.name === name,
  model: (disk, part) => lower(disk.model).includes(lower(part)),
  serialNumber: (disk, serial) => lower(disk.serial) === lower(serial),
  wwn: (disk, name) => wwnOf(disk) === wwn(name),
  minSizeGib: (disk, size) => disk.size >= size * GIB,
  rotational: (disk, wanted) => (disk.tags || []).includes(wanted ? 'rotary' : 'ssd'),
};

const describe = ({ name, model, serial, id_path: link, size, tags = [] }) =>
  name + ' (' + [model, serial && 'serial ' + serial, link, Math.floor(size / GIB) + ' GiB', ...tags].filter(Boolean).join(', ') + ')';

function findDisk(machine, hints) {
  const disks = machine.blockdevice_set.filter(({ type }) => type === 'physical');
  const found = disks.filter((disk) => Object.entries(hints).every(([name, value]) => HINTS[name](disk, value)));
  if (found.length === 1) return found[0];
  const wanted = 'the rootDevice ' + JSON.stringify(hints);
  const list = (some) => some.map(describe).join('; ') || 'none';
  if (found.length > 1) return defect(wanted + ' fits several disks: ' + list(found), 'give the host a rootDevice that fits one, by serialNumber or wwn');
  return defect(wanted + ' fits none of the disks that MAAS knows: ' + list(disks), 'mend rootDevice of the host, or commission the machine again if a disk is new');
}

// --- the whole -----------------------------------------------------------------------------------------------------------------------

async function main() {
  const layout = env.STRATA_LAYOUT ? JSON.parse(env.STRATA_LAYOUT) : undefined;
  const hints = env.STRATA_ROOT_DEVICE ? JSON.parse(env.STRATA_ROOT_DEVICE) : undefined;
  const maas = connection();
  const machine = await readMachine(maas);
  const id = encodeURIComponent(env.STRATA_MACHINE);
  if (machine.status_name === 'Deployed') return say('is deployed, and its disks stay as they are');
  if (machine.status_name !== 'Ready') {
    const fix = "wait until MAAS is done with it, or bring it to 'Ready' (commission, release), and apply again";
    defect("is in '" + machine.status_name + "', where MAAS lets nobody set its storage: it must be 'Ready'", fix);
  }
  const disk = hints && findDisk(machine, hints);
  // The boot disk, not only the root device of the layout: the EFI partition and the boot loader go there.
  if (disk) await ask(maas, 'POST', '/nodes/' + id + '/blockdevices/' + disk.id + '/?op=set_boot_disk', {});
  const operation = layout ? 'set_storage_layout' : 'restore_storage_configuration';
  await ask(maas, 'POST', '/machines/' + id + '/?op=' + operation, { ...layout, ...(layout && disk && { root_device: String(disk.id) }) });
  say((layout ? 'its storage layout is ' + layout.storage_layout : "has MAAS's default storage layout") + ', on ' + (disk ? describe(disk) : "MAAS's boot disk"));
}

main().catch((error) => {
  console.error('host ' + env.STRATA_NAME + ': DEFECT: ' + (error instanceof Defect ? error.message : error.stack));
  process.exitCode = 1;
});
