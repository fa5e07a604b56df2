/**
 * Synthesises one file of stacks in a process of its own, as a user's app would be: `synth.ts <file> <output folder>`.
 * The working folder is where cdktf's local backends keep their states.
 */
import { App } from 'cdktf';
import type { StacksModule } from './stacks';

const [file, outdir] = process.argv.slice(2);
const { build } = require(file) as StacksModule;
const app = new App({ outdir });
build(app);
app.synth();
