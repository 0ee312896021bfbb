#!/usr/bin/env node
// npm links programs when it installs, before anything is built: so this file is there, and executable, from the start.
import '../build/main.js';
