import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, LocalBackend, TerraformOutput, TerraformStack } from 'cdktf';
import { StepResource } from '../../../lib/core/step-resource';
import { ControllerCredential } from '../../../lib/kubernetes/controller-credential';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import type { Check, Context } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { Workspace } from '../harness/terraform';

interface Generation {
  readonly generation: number;
  readonly keepPrevious?: boolean;
}

/** A stack with a credential and one reader of it, as an add-on is one: what is applied, and what it says then. */
async function apply(context: Context, cloud: Cloud, props: Generation) {
  const app = new App({ outdir: path.join(context.folder, `out-${props.generation}-${props.keepPrevious}`) });
  const stack = new TerraformStack(app, 'credential');
  new LocalBackend(stack, { path: path.join(context.folder, 'credential.tfstate') });
  new OpenstackProvider(stack, 'OpenStack', {});
  const { credential } = new ControllerCredential(stack, 'Credential', { clusterName: 'credential-rotation', roles: ['admin'], ...props });
  new StepResource(stack, 'Reader', { input: credential.applicationCredentialId });
  for (const [name, value] of Object.entries(credential)) new TerraformOutput(stack, name, { value, sensitive: true }).overrideLogicalId(name);
  app.synth();
  const configuration = JSON.parse(fs.readFileSync(path.join(app.outdir, 'stacks', 'credential', 'cdk.tf.json'), 'utf8'));
  const workspace = new Workspace(context, { folder: path.join(context.folder, 'credential'), configuration, environment: cloud.environment });
  await workspace.init();
  const log = await workspace.apply();
  await workspace.expectNoChanges();
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = await workspace.outputs();
  return { workspace, log, login: { id: String(id), secret: String(secret) } };
}

/** Whether Keystone gives a token for a credential. */
async function works(cloud: Cloud, login: { readonly id: string; readonly secret: string }): Promise<boolean> {
  const answer = await cloud.python(`
from keystoneauth1 import exceptions, session
from keystoneauth1.identity.v3 import ApplicationCredential
login = json.loads('''${JSON.stringify(login)}''')
auth = ApplicationCredential(cloud.session.auth.auth_url, application_credential_id=login['id'], application_credential_secret=login['secret'])
try:
    print('yes' if session.Session(auth=auth).get_token() else 'no')
except (exceptions.Unauthorized, exceptions.NotFound):
    print('no')`);
  return answer === 'yes';
}

function expectState(what: string, found: readonly boolean[], expected: readonly boolean[]): void {
  if (found.join() !== expected.join()) throw new Error(`${what}: expected ${expected.join(', ')}, found ${found.join(', ')}`);
}

export const checks: readonly Check[] = [
  {
    name: "the controllers' credential is made, rotated and revoked on a real Keystone, and the old one works until its readers have the new one",
    needs: ['openstack', 'terraform'],
    run: async (context) => {
      const cloud = new Cloud(context);
      const before = await cloud.snapshot();
      const first = await apply(context, cloud, { generation: 1 });
      context.defer(() => first.workspace.destroy());
      expectState('the first', [await works(cloud, first.login)], [true]);

      const second = await apply(context, cloud, { generation: 2 });
      if (second.login.id === first.login.id) throw new Error('a new generation has the old credential');
      expectState(
        'both, while other stacks are still to be applied',
        [await works(cloud, first.login), await works(cloud, second.login)],
        [true, true],
      );

      const revoked = await apply(context, cloud, { generation: 2, keepPrevious: false });
      expectState('after it is revoked', [await works(cloud, first.login), await works(cloud, revoked.login)], [false, true]);

      // in one apply: made, read, revoked, in this order
      const third = await apply(context, cloud, { generation: 3, keepPrevious: false });
      const events = [/ApplicationCredential-3\S*: Creation complete/, /Reader\S*: Modifications complete/, /ApplicationCredential-2\S*: Destroying/];
      const at = events.map((event) => third.log.search(event));
      if (at.includes(-1) || at.some((position, i) => i > 0 && position < at[i - 1])) {
        throw new Error(`expected ${events.join(', then ')}, found them at ${at.join(', ')} in\n${third.log}`);
      }
      expectState('after all', [await works(cloud, second.login), await works(cloud, third.login)], [false, true]);
      await third.workspace.destroy();
      expectState('after it is destroyed', [await works(cloud, third.login)], [false]);
      await cloud.expectUnchanged(before);
      context.log('3 generations');
    },
  },
];
