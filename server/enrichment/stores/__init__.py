"""Where bytes are kept, behind one small protocol."""
