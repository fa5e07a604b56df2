import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import * as fs from 'node:fs';
import * as https from 'node:https';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { authenticationConfiguration } from '../../../lib/kubernetes/bootstrap/security-files';
import { APISERVER_NEEDS, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { freePort } from '../harness/ports';
import { exec, run, waitFor } from '../harness/process';

type Claims = { readonly [claim: string]: unknown };

/** An issuer of tokens as OpenID Connect Discovery 1.0 has it: its document, its keys, and nothing else. */
class Issuer {
  public static async start(context: Context): Promise<Issuer> {
    const file = (name: string) => path.join(context.folder, name);
    const certificate = ['-subj', '/CN=issuer', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', file('issuer.key')];
    await run('openssl', ['req', '-x509', ...key, ...certificate, '-out', file('issuer.crt')]);
    const read = (name: string) => fs.readFileSync(file(name), 'utf8');
    const url = `https://127.0.0.1:${await freePort()}`;
    const issuer = new Issuer(url, read('issuer.crt'));
    const documents: { readonly [path: string]: unknown } = {
      '/.well-known/openid-configuration': {
        issuer: url,
        jwks_uri: `${url}/keys`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      },
      '/keys': { keys: [{ ...issuer.keys.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] },
    };
    const server = https.createServer({ cert: read('issuer.crt'), key: read('issuer.key') }, (request, response) => {
      const document = documents[request.url ?? ''];
      response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    });
    await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
    context.defer(async () => {
      server.closeAllConnections();
      server.close();
    });
    return issuer;
  }

  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

  private constructor(
    public readonly url: string,
    public readonly certificate: string,
  ) {}

  /** A token that is good for five minutes, signed by its own key or by a stranger's. */
  public token(claims: Claims, key: KeyObject = this.keys.privateKey): string {
    const now = Math.floor(Date.now() / 1000);
    const parts = [
      { alg: 'RS256', kid: 'one' },
      { iss: this.url, iat: now, exp: now + 300, ...claims },
    ];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
  }
}

export const checks: readonly Check[] = [
  {
    name: 'people log in to a real API server by tokens of an OpenID Connect issuer, and by no others',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const issuer = await Issuer.start(context);
      const file = path.join(context.folder, 'authentication.yaml');
      const oidc = {
        issuerUrl: issuer.url,
        clientId: 'prod',
        usernameClaim: 'email',
        groupsPrefix: 'sso:',
        requiredClaims: { tenant: 'ran' },
        caCertificate: issuer.certificate,
      };
      fs.writeFileSync(file, stringify(authenticationConfiguration(oidc)));
      const server = await startApiServer(context, { extraArgs: [`--authentication-config=${file}`] });
      const whoAmI = (token: string) =>
        exec(path.join(context.value('KUBERNETES_BIN'), 'kubectl'), [
          ...['--kubeconfig=/dev/null', `--server=${server.url}`, `--certificate-authority=${path.join(server.pkiFolder, 'ca.crt')}`],
          ...[`--token=${token}`, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}'],
        ]);
      const claims = { aud: 'prod', email: 'ops@example.com', email_verified: true, groups: ['ops', 'system:masters'], tenant: 'ran' };
      // the API server asks the issuer for its keys once it is up
      await waitFor('the keys of the issuer', async () => (await whoAmI(issuer.token(claims))).code === 0);
      const { stdout } = await whoAmI(issuer.token(claims));
      const wanted = 'oidc:ops@example.com ["sso:ops","sso:system:masters","system:authenticated"]';
      if (stdout !== wanted) throw new Error(`a person is ${stdout}, not ${wanted}`);

      const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      const past = Math.floor(Date.now() / 1000) - 60;
      const refused: { readonly [what: string]: string } = {
        "another client's token": issuer.token({ ...claims, aud: 'test' }),
        'a token of another tenant': issuer.token({ ...claims, tenant: 'core' }),
        'a token without the required claim': issuer.token({ ...claims, tenant: undefined }),
        'a lapsed token': issuer.token({ ...claims, exp: past }),
        'a token of another issuer': issuer.token({ ...claims, iss: 'https://127.0.0.1:1' }),
        'an address that nobody verified': issuer.token({ ...claims, email_verified: false }),
        "a stranger's signature": issuer.token(claims, stranger),
      };
      for (const [what, token] of Object.entries(refused)) {
        const { code, output } = await whoAmI(token);
        if (code === 0 || !/Unauthorized|must be logged in/.test(output)) throw new Error(`${what}: kubectl ended with ${code}: ${output}`);
      }
    },
  },
];
