import { IOpenStackCloud } from '../../contracts/openstack-cloud';
import { fail, Where } from '../../core/validation';

/** Throws if the engine of the cloud makes for Octavia what is about to be made here: two owners would undo each other's work. */
export function checkAmphoraOwner(where: Where, what: string, cloud: IOpenStackCloud | undefined): void {
  if (!cloud?.services?.makesAmphoraResources) return;
  fail(where, {
    problem: `the engine of ${cloud.node.path} makes ${what} of Octavia itself (octavia_auto_configure)`,
    value: true,
    fix: 'leave it to the engine, or give it extraGlobals: { octavia_auto_configure: false, octavia_amp_flavor_id: …, octavia_amp_boot_network_list: …, octavia_amp_secgroup_list: … }',
  });
}
