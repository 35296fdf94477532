// The shim as a program of its own: static, so that a thousand of them cost little memory (the engine's binary would
// bring its libraries into each).
#include "drivers/process/shim/shim.h"

int main(int argc, char** argv) { return drivers::process::shim_main(argc, argv); }
