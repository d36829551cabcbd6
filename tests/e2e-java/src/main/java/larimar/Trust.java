package larimar;

import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Trust in the server's authority, and the client's own certificate. */
final class Trust {
  static final String CA_FILE = System.getenv("CA_FILE");

  /** For SDKs that trust what the JVM trusts, as `-Djavax.net.ssl.trustStore` does. */
  static void everywhere() throws Exception {
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, null);
    authorities.setCertificateEntry("larimar", certificates(CA_FILE).get(0));
    Path file = Files.createTempFile("larimar-", ".p12");
    file.toFile().deleteOnExit();
    try (OutputStream stream = Files.newOutputStream(file)) {
      authorities.store(stream, "larimar".toCharArray());
    }
    System.setProperty("javax.net.ssl.trustStore", file.toString());
    System.setProperty("javax.net.ssl.trustStoreType", "PKCS12");
    System.setProperty("javax.net.ssl.trustStorePassword", "larimar");
  }

  static SSLContext context() throws Exception {
    return context(null, null);
  }

  static SSLContext context(String certFile, String keyFile) throws Exception {
    KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
    authorities.load(null, null);
    authorities.setCertificateEntry("larimar", certificates(CA_FILE).get(0));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authorities);
    KeyManagerFactory keys = null;
    if (certFile != null) {
      KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
      own.load(null, null);
      Certificate[] chain = certificates(certFile).toArray(new Certificate[0]);
      own.setKeyEntry("own", privateKey(keyFile), new char[0], chain);
      keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, new char[0]);
    }
    SSLContext context = SSLContext.getInstance("TLSv1.2");
    context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  static List<X509Certificate> certificates(String file) throws Exception {
    List<X509Certificate> found = new ArrayList<>();
    try (InputStream stream = new FileInputStream(file)) {
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(stream)) {
        found.add((X509Certificate) one);
      }
    }
    return found;
  }

  static PrivateKey privateKey(String file) throws Exception {
    String pem = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
    byte[] pkcs8 = Base64.getDecoder().decode(pem);
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  private Trust() {}
}
