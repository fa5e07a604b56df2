// What an administrator does in OpenStack that no resource of the provider does. Whatever is as it should be is left alone, so that it may be run at any
// time. The first half of the program, openstack-client.cjs, says how it logs in.
//
// STRATA_TASK        "encrypt-volume-type", "close-project" or "clear-project"
// STRATA_TYPE        id of the volume type
// STRATA_ENCRYPTION  its encryption, as Cinder's API has it (JSON)
// STRATA_PROJECT     id of the project
const services = { volume: ['volumev3', 'block-storage', 'block-store', 'volume'], network: ['network'], compute: ['compute'], balancer: ['load-balancer'] };

/** Calls a service; a status that isn't among those allowed is an error. */
async function ask(cloud, service, method, path, body, allowed) {
  const endpoint = cloud.endpoint(...services[service]);
  if (!endpoint) throw new Error('the catalog has no endpoint for ' + services[service][0]);
  const answer = await cloud.call(method, endpoint + path, body);
  if (!(allowed || []).includes(answer.status) && (answer.status < 200 || answer.status > 299)) {
    throw new Error(method + ' ' + endpoint + path + ' says ' + answer.status + ': ' + message(answer));
  }
  return answer;
}

/** A type that volumes have can't be changed: Cinder refuses, and nothing is lost. */
async function encryptVolumeType(cloud) {
  const path = '/types/' + env.STRATA_TYPE + '/encryption';
  const wanted = JSON.parse(env.STRATA_ENCRYPTION);
  const { body } = await ask(cloud, 'volume', 'GET', path);
  if (!body.encryption_id) {
    await ask(cloud, 'volume', 'POST', path, { encryption: wanted });
    return say('volumes of this type will be encrypted');
  }
  if (Object.keys(wanted).every((key) => body[key] === wanted[key])) return say('volumes of this type are encrypted as they should be');
  await ask(cloud, 'volume', 'PUT', path + '/' + body.encryption_id, { encryption: wanted });
  say('volumes of this type will be encrypted in another way');
}

/** Whoever asks for a project's groups as administrator has Neutron make the default one. */
async function defaultGroup(cloud) {
  const { body } = await ask(cloud, 'network', 'GET', '/v2.0/security-groups?name=default&project_id=' + env.STRATA_PROJECT);
  return (body.security_groups || []).find((group) => group.name === 'default' && (group.project_id || group.tenant_id) === env.STRATA_PROJECT);
}

async function closeProject(cloud) {
  const group = await defaultGroup(cloud);
  if (!group) throw new Error('Neutron shows no security group "default" of the project ' + env.STRATA_PROJECT + ': an administrator has to do this');
  for (const rule of group.security_group_rules) await ask(cloud, 'network', 'DELETE', '/v2.0/security-group-rules/' + rule.id, undefined, [404]);
  say('the security group "default" of the project lets nothing in and nothing out');
}

/** What would outlive the project. It is about to go: a service that refuses, or isn't there, doesn't keep it. */
async function clearProject(cloud) {
  const project = env.STRATA_PROJECT;
  const attempt = (what, work) => work().catch((error) => say(what + ' stays: ' + error.message));
  await attempt('the security group "default"', async () => {
    const group = await defaultGroup(cloud);
    if (group) await ask(cloud, 'network', 'DELETE', '/v2.0/security-groups/' + group.id, undefined, [404]);
  });
  const quotas = { compute: '/os-quota-sets/', volume: '/os-quota-sets/', network: '/v2.0/quotas/', balancer: '/v2.0/lbaas/quotas/' };
  for (const [service, path] of Object.entries(quotas)) {
    if (!cloud.endpoint(...services[service])) continue;
    await attempt('the quota (' + services[service][0] + ')', () => ask(cloud, service, 'DELETE', path + project, undefined, [404]));
  }
  say('removed what would outlive the project: its security group "default" and its limits');
}

const tasks = { 'encrypt-volume-type': encryptVolumeType, 'close-project': closeProject, 'clear-project': clearProject };

async function main() {
  const cloud = new Cloud(configured());
  await cloud.logIn();
  await tasks[env.STRATA_TASK](cloud);
}

main().catch((error) =>
  stop(env.STRATA_TASK + ': ' + error.message + '. It runs with an administrator' + "'s" + ' credentials, which whoever runs Terraform has (adminAccess, OS_CLOUD, or OS_… variables)'),
);
