import { Construct } from 'constructs';
import { checkUserDataSize } from './bootstrap/user-data-size';
import { TemplateText } from '../core/template-text';

/** The cloud-config of servers of one kind, as one local. `where` is whom an error is about. */
export function sharedText(scope: Construct, id: string, text: string, where: Construct = scope): TemplateText {
  checkUserDataSize(where, text);
  return new TemplateText(scope, id, { parts: [text] });
}
