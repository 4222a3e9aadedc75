"""What stands between a run and a source; the order of the guards is one list, outermost first."""
