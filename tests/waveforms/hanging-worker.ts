// A decoder that never comes back from a file.
for (;;);
