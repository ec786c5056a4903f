// apply_cpp BASE DELTA RESULT: applies a whole delta with skiff::apply and OpenSSL's SHA-256.
#include "apply_files.hpp"

int main(int argc, char** argv) { return apply_files(argc, argv, {}); }
