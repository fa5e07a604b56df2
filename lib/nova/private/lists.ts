import { Tokenization } from 'cdktf';
import { fail, Where } from '../../core/validation';

/** Throws if the whole list is a reference: of a list whose length isn't known, no rule and no check can be made for each entry. Its entries may be references. */
export function checkListKnown(where: Where, what: string, list: string[] | undefined): void {
  if (list !== undefined && Tokenization.isResolvable(Tokenization.reverseList(list))) {
    fail(where, { problem: `${what} must be a list known at synth, a reference was given`, fix: 'give a list; its entries may be references' });
  }
}
