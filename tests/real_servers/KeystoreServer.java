// Copyright (c) 2026, the certops.sap_cloud_integration authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/** A Java receiver: serves what its PKCS#12 keystore holds, and reads the keystore again on SIGHUP. */
final class KeystoreServer {
  /** The key of the moment; a keystore that cannot be read leaves the one before in use. */
  private static final class Current extends X509ExtendedKeyManager {
    private final Path keystore;
    private final char[] password;
    private volatile X509ExtendedKeyManager key;

    Current(Path keystore, char[] password) throws GeneralSecurityException, IOException {
      this.keystore = keystore;
      this.password = password;
      read();
    }

    void read() throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream stream = Files.newInputStream(keystore)) {
        store.load(stream, password);
      }
      KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
      factory.init(store, password);
      key = (X509ExtendedKeyManager) factory.getKeyManagers()[0];
    }

    @Override public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
      return key.chooseEngineServerAlias(type, issuers, engine);
    }

    @Override public X509Certificate[] getCertificateChain(String alias) {
      return key.getCertificateChain(alias);
    }

    @Override public PrivateKey getPrivateKey(String alias) {
      return key.getPrivateKey(alias);
    }

    @Override public String[] getServerAliases(String type, Principal[] issuers) {
      return key.getServerAliases(type, issuers);
    }

    @Override public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return key.chooseServerAlias(type, issuers, socket);
    }

    @Override public String[] getClientAliases(String type, Principal[] issuers) {
      return null;
    }

    @Override public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return null;
    }
  }

  public static void main(String[] arguments) throws Exception {
    char[] password = Files.readString(Path.of(arguments[3])).toCharArray();
    Current current = new Current(Path.of(arguments[2]), password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {current}, null, null);
    // A resumed session would not show the certificate of now.
    context.getServerSessionContext().setSessionTimeout(1);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])), 50);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.createContext("/", exchange -> {
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
    sun.misc.Signal.handle(new sun.misc.Signal("HUP"), signal -> {
      try {
        current.read();
      } catch (GeneralSecurityException | IOException problem) {
        System.err.println("The keystore was not read again: " + problem.getMessage());
      }
    });
    Files.writeString(Path.of(arguments[4]), Long.toString(ProcessHandle.current().pid()));
    server.start();
  }
}
