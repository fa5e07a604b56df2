import { check, Where } from '../../core/validation';
import { VnicType } from '../vnic-type';

/** How a port is bound to its server's host. */
export interface PortBinding {
  readonly vnicType?: VnicType;
  readonly bindingProfile?: { readonly [key: string]: any };
}

/** The port's `binding` block, if anything of it is asked for. */
export function portBinding(where: Where, { vnicType, bindingProfile }: PortBinding): { binding?: { vnicType: string; profile?: string } } {
  check(where, bindingProfile, (profile) => Object.keys(profile).length > 0, {
    problem: 'bindingProfile must not be empty',
    fix: "leave it out, or say what Neutron is to know, for example { capabilities: ['switchdev'] }",
  });
  if (vnicType === undefined && bindingProfile === undefined) return {};
  return { binding: { vnicType: vnicType ?? VnicType.NORMAL, ...(bindingProfile && { profile: JSON.stringify(bindingProfile) }) } };
}
