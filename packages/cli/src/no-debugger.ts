// Without a listener SIGUSR1 opens a debugger, in which everyone on this machine may read what this process holds. The
// launcher starts Node with --disable-sigusr1; this is for those who run the program itself.
process.on('SIGUSR1', () => {})
