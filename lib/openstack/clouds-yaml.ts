import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { checkCaCertificate } from './cloud-checks';
import { CloudsYamlEntry } from './clouds-yaml-entry';
import { checkKnown, fail, suggestion } from '../core/validation';

/** Reads what an entry of a clouds.yaml tells of its cloud. Nothing of its credentials is kept, or said in an error. */
export function readCloudsYaml(path: string, entry: string): CloudsYamlEntry {
  checkKnown('OpenStackCloud.fromCloudsYaml', 'path', path);
  checkKnown('OpenStackCloud.fromCloudsYaml', 'entry', entry);
  const file = inHome(path);
  const document = parsed(path, readText(path, file));
  const clouds = document?.clouds;
  if (!isObject(clouds)) fail(path, { problem: 'a clouds.yaml has a mapping "clouds"', fix: 'give the path of a clouds.yaml' });
  const names = Object.keys(clouds);
  if (!names.includes(entry)) fail(path, { problem: 'there is no such entry below "clouds"', value: entry, fix: suggestion(entry, names) });
  const cloud = clouds[entry];
  const where = `${path}: ${entry}`;
  const url = isObject(cloud) && isObject(cloud.auth) ? cloud.auth.auth_url : undefined;
  if (!isObject(cloud) || typeof url !== 'string') {
    fail(where, { problem: 'the entry has no auth.auth_url', fix: 'add it; what a profile of clouds-public.yaml says is not followed' });
  }
  const regions: unknown = cloud.region_name ?? (Array.isArray(cloud.regions) ? cloud.regions[0] : undefined);
  const region: unknown = isObject(regions) ? regions.name : regions;
  if (typeof region !== 'string') fail(where, { problem: 'the entry has no region_name', fix: 'add it, usually RegionOne' });
  if (cloud.cacert !== undefined && typeof cloud.cacert !== 'string') {
    fail(where, { problem: 'cacert must be the path of a file', fix: 'correct it' });
  }
  return { authUrl: withVersion(where, url), region, ...(cloud.cacert === undefined ? {} : { caCertificatePem: caOf(where, file, cloud.cacert) }) };
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return fail(path, {
      problem: `the file can't be read (${(error as NodeJS.ErrnoException).code})`,
      fix: 'give the path of a file that is there at synth',
    });
  }
}

/** The parser's own message would quote lines, and a password may be one of them. */
function parsed(path: string, text: string): any {
  try {
    return parse(text, { prettyErrors: false });
  } catch {
    return fail(path, { problem: 'the file is no YAML', fix: 'correct it' });
  }
}

/** Clients guess the version where it's missing, and there is one left. */
function withVersion(where: string, url: string): string {
  if (!/^https?:\/\/\S+$/.test(url)) fail(where, { problem: 'auth_url must be an http or https address', value: url, fix: 'correct it' });
  return /\/v3\/?$/.test(url) ? url : `${url.replace(/\/+$/, '')}/v3`;
}

/** Clients look a relative path up in their working directory; only the file's own folder is the same for everybody. */
function caOf(where: string, file: string, cacert: string): string {
  const pem = readText(`${where}: cacert ${cacert}`, resolve(dirname(file), inHome(cacert)));
  checkCaCertificate(where, pem);
  return pem;
}

function inHome(path: string): string {
  return path.startsWith('~/') ? resolve(homedir(), path.slice(2)) : path;
}

function isObject(value: unknown): value is { readonly [key: string]: any } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
