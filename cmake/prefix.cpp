// Nothing: a target that precompiles headers has to have a source.
