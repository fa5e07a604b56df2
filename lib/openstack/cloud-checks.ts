import { AvailabilityZone } from '../contracts/openstack-cloud';
import { knownCertificates } from '../core/certificates';
import { check, checkKnown, checkUnique, fail, isKnown, Where } from '../core/validation';

/** Throws unless the URL is Keystone's with its version: clients that are given one without guess, each in its own way. */
export function checkAuthUrl(where: Where, authUrl: string): void {
  check(where, authUrl, (url) => /^https?:\/\/[^\s/]+(\/\S*)?\/v3\/?$/.test(url) && URL.canParse(url), {
    problem: 'authUrl must be the http or https address of Keystone and end in /v3',
    fix: 'write it as https://keystone.example.com:5000/v3',
  });
}

/** Throws unless the name can be a region's. */
export function checkRegion(where: Where, region: string): void {
  check(where, region, (name) => /^\S{1,255}$/.test(name), {
    problem: 'region must have 1 to 255 characters without spaces',
    fix: 'use RegionOne, or what the cloud calls it',
  });
}

/** Throws unless the network has a name. */
export function checkExternalNetworkName(where: Where, name: string): void {
  check(where, name, (n) => n !== '' && n.length <= 255, {
    problem: 'externalNetworkName must have 1 to 255 characters',
    fix: 'give the name of the external network',
  });
}

/**
 * Throws unless there are zones, each once, with names that all clients can carry: labels of Kubernetes nodes and volumes take neither spaces nor
 * more than 63 characters.
 */
export function checkZones(where: Where, zones: readonly AvailabilityZone[]): void {
  if (zones.length === 0) {
    fail(where, { problem: 'zones must not be empty', value: [], fix: 'give at least one, usually { compute: "nova", volume: "nova" }' });
  }
  for (const zone of zones) {
    for (const [kind, name] of Object.entries(zone)) {
      check(where, name as string | undefined, (n) => /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(n), {
        problem: `${kind} zone must be letters, digits, "-", "_" and ".", begin and end with a letter or digit, and have 63 characters at most`,
        fix: 'use a zone of such a name: Kubernetes labels carry it',
      });
    }
  }
  checkUnique(where, 'compute zone', zones.map(({ compute }) => compute)); // prettier-ignore
}

/** Throws unless the text is a PEM certificate. A key in it is an error: it would be printed everywhere. */
export function checkCaCertificate(where: Where, pem: string | undefined): void {
  if (pem !== undefined && isKnown(pem)) knownCertificates(where, 'caCertificatePem', pem);
}

/** Throws unless the folder can be named in a shell and in a clouds.yaml as it is. */
export function checkCredentialsDirectory(where: Where, folder: string): void {
  checkKnown(where, 'credentialsDirectory', folder);
  check(where, folder, (path) => /^(~\/|\/)[\w./@+-]+$/.test(path), {
    problem: 'credentialsDirectory must be an absolute path, or one that begins with ~/, of letters, digits and "._/@+-"',
    fix: 'write it as ~/.config/strata/prod',
  });
}
