add_repository nodesource https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key \
  https://deb.nodesource.com/node_22.x nodistro main
install_packages nodejs
