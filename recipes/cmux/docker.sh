know_release
add_repository docker "https://download.docker.com/linux/$ID/gpg" \
  "https://download.docker.com/linux/$ID" "$VERSION_CODENAME" stable
install_packages docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
