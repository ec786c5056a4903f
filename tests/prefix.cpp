// Nothing: the target that precompiles what tests include has to have a source.
