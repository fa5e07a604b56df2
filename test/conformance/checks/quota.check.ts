import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Check, Context } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { exec, expectExit as expect } from '../harness/process';
import { synthesise } from '../harness/stacks';
import { Workspace } from '../harness/terraform';
import { PROJECT, TYPESCRIPT } from '../harness/typescript';

const NAME = 'strata-quota';

/** A project with limits, and a user that is no more than its member. */
async function makeProject(context: Context, cloud: Cloud): Promise<{ readonly [variable: string]: string }> {
  const password = 'throw-away';
  context.defer(async () => {
    await cloud.python(`
project = cloud.identity.find_project('${NAME}')
for volume in cloud.block_storage.volumes(details=False, all_projects=True, project_id=project.id):
    cloud.block_storage.delete_volume(volume)
    cloud.block_storage.wait_for_delete(volume, 1, 60)
cloud.identity.delete_user(cloud.identity.find_user('${NAME}'))
cloud.delete_compute_quotas(project.id)
cloud.delete_volume_quotas(project.id)
cloud.delete_network_quotas(project.id)
cloud.load_balancer.delete_quota(project.id)
cloud.identity.delete_project(project)`);
  });
  const id = await cloud.python(`
project = cloud.identity.create_project(name='${NAME}', domain_id='default')
user = cloud.identity.create_user(name='${NAME}', domain_id='default', password='${password}', default_project_id=project.id)
for role in ('member', 'load-balancer_member'):
    cloud.identity.assign_project_role_to_user(project, user, cloud.identity.find_role(role))
cloud.set_compute_quotas(project.id, instances=2, cores=2, ram=128)
cloud.set_volume_quotas(project.id, volumes=3, gigabytes=6)
cloud.set_network_quotas(project.id, port=3, network=1)
cloud.load_balancer.update_quota(project.id, load_balancers=1)
print(project.id)`);
  const clouds = parse(fs.readFileSync(cloud.environment.OS_CLIENT_CONFIG_FILE, 'utf8')).clouds;
  const { auth, ...settings } = clouds.lab;
  const own = { auth_url: auth.auth_url, project_id: id, username: NAME, user_domain_name: 'Default', password };
  const file = path.join(context.folder, 'clouds.yaml');
  fs.writeFileSync(file, stringify({ clouds: { [NAME]: { ...settings, auth: own } } }), { mode: 0o600 });
  return { OS_CLOUD: NAME, OS_CLIENT_CONFIG_FILE: file };
}

const line = (quota: string, needs: number, free: string) => new RegExp(`${quota}\\W+${needs}\\W+${free}\\W`);

export const checks: readonly Check[] = [
  {
    name: 'what a plan makes is held against what is free in its project, before anything is made',
    needs: ['openstack', 'terraform'],
    run: async (context) => {
      const cloud = new Cloud(context);
      const before = await cloud.snapshot();
      context.defer(() => cloud.expectUnchanged(before));
      const login = await makeProject(context, cloud);
      const [{ configuration }] = await synthesise(path.join(__dirname, '..', 'harness', 'quota-stack.ts'), context.folder);
      const output = path.join(context.folder, 'cdktf.out');
      new Workspace(context, { folder: path.join(output, 'stacks', 'quota'), configuration }); // with the provider that is here
      const strata = (environment: { readonly [variable: string]: string }) =>
        exec(process.execPath, [...TYPESCRIPT.args, path.join(PROJECT, 'lib', 'cli', 'strata.ts'), 'quota', 'quota', '--output', output], {
          env: {
            ...Object.fromEntries(Object.keys(process.env).flatMap((name) => (/^(TF|OS)_/.test(name) ? [[name, undefined]] : []))),
            ...TYPESCRIPT.env,
            TERRAFORM_BINARY_NAME: context.value('TERRAFORM'),
            TF_CLI_CONFIG_FILE: context.value('TF_CLI_CONFIG_FILE'),
            ...environment,
          },
        });
      expect(
        'room for all of it, exactly',
        await strata(login),
        0,
        line('Nova: instances', 2, '2'),
        line('Nova: cores', 2, '2'),
        line('Nova: ram', 128, '128'),
        line('Cinder: gigabytes', 4, '6'),
        line('Cinder: gigabytes_standard', 4, "'unlimited'"),
        line('Neutron: port', 3, '3'),
        line('Octavia: load_balancer', 1, '1'),
      );
      await cloud.python(`
project = cloud.identity.find_project('${NAME}')
mine = cloud.connect_as(project_id=project.id, username='${NAME}', password='throw-away', user_domain_id='default', project_name=None, project_domain_name=None)
volume = mine.block_storage.create_volume(name='${NAME}', size=3)
mine.block_storage.wait_for_status(volume, 'available', ['error'], 1, 60)
cloud.load_balancer.update_quota(project.id, load_balancers=0)`);
      expect(
        'too little left',
        await strata(login),
        1,
        line('Cinder: gigabytes', 4, '3'),
        'Cinder: gigabytes: 4 are needed and 3 free; have the quota raised',
        'Octavia: load_balancer: 1 are needed and 0 free',
        line('Cinder: volumes', 2, '2'),
      );
      expect('no login', await strata({}), 1, 'log in to it by OS_CLOUD');
    },
  },
];
