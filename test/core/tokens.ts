import { Token } from 'cdktf';

/** What a user's reference looks like before Terraform runs: a text with a marker in it, and a number of about -8e298. */
export const TEXT_TOKEN = Token.asString({ resolve: () => 'x' });
export const NUMBER_TOKEN = Token.asNumber({ resolve: () => 1 });
/** A token inside of other text. */
export const MIXED_TOKEN = `10.0.0.0/${TEXT_TOKEN}`;
