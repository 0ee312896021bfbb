import { createBackend } from './create-backend.js';
import { serve } from './serve.js';

// The entry of the collector's process, the only one that loads a vendor's library.
serve(createBackend);
