import { App } from 'cdktf';
import { furnish } from '../foundation';

/** What an administrator has laid, with everything changed that can change. */
export function build(app: App): void {
  furnish(app, true);
}
